/** The form as text that does the same: a template, the CLI's YAML, Python, and commands. */
import { API_VERSION } from "@/api/client";
import type { Place } from "@/app/where";
import { bodyOf, type Draft, parseTags } from "@/features/compute/create/draft";
import {
  SCHEDULE_MODELS,
  scheduleArgument,
  scheduleFields,
  scheduleLines,
} from "@/features/compute/schedules/snippets";

export interface Context {
  readonly place: Place;
  readonly location: string;
  readonly tenant: string;
}

export type Format = "template" | "yaml" | "python" | "cli";

export function snippet(format: Format, draft: Draft, context: Context): string {
  return WRITERS[format](draft, context);
}

const WRITERS: Record<Format, (draft: Draft, context: Context) => string> = {
  template,
  yaml,
  python,
  cli,
};

function template(draft: Draft, { place, location, tenant }: Context): string {
  const resource = {
    type: "Microsoft.MachineLearningServices/workspaces/computes",
    apiVersion: API_VERSION,
    name: `${place.workspace}/${draft.name}`,
    ...bodyOf(draft, location, tenant),
  };
  const whole = {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    resources: [resource],
  };
  return JSON.stringify(whole, null, 2);
}

/** A string as YAML and Python read it alike. */
const quoted = JSON.stringify;

function yaml(draft: Draft, { tenant }: Context): string {
  const tags = Object.entries(parseTags(draft.tags));
  const lines = [
    "$schema: https://azuremlschemas.azureedge.net/latest/computeInstance.schema.json",
    `name: ${plain(draft.name)}`,
    "type: computeinstance",
    `size: ${draft.size}`,
  ];
  if (draft.description) lines.push(`description: ${quoted(draft.description)}`);
  if (tags.length > 0) {
    lines.push("tags:", ...tags.map(([key, value]) => `  ${quoted(key)}: ${quoted(value)}`));
  }
  if (draft.assignedUser) {
    lines.push(
      "create_on_behalf_of:",
      `  user_object_id: ${draft.assignedUser}`,
      `  user_tenant_id: ${tenant}`,
    );
  }
  if (draft.homeDisk) lines.push(`home_disk_size_gib: ${draft.homeDisk}`);
  if (draft.rootDisk) lines.push(`root_disk_size_gib: ${draft.rootDisk}`);
  if (!draft.publicIp) lines.push("enable_node_public_ip: false");
  if (draft.subnet) lines.push("network_settings:", `  subnet: ${draft.subnet}`);
  if (draft.idleMinutes) lines.push(`idle_time_before_shutdown_minutes: ${draft.idleMinutes}`);
  lines.push(...scheduleLines(draft.schedules));
  return `${lines.join("\n")}\n`;
}

/** A name as YAML reads it: some words are truth values there. */
function plain(name: string): string {
  return /^(y|n|yes|no|on|off|true|false|null)$/i.test(name) ? quoted(name) : name;
}

function python(draft: Draft, { place, tenant }: Context): string {
  const tags = parseTags(draft.tags);
  const models = ["ComputeInstance"];
  const args = [`name=${quoted(draft.name)}`, `size=${quoted(draft.size)}`];
  if (draft.description) args.push(`description=${quoted(draft.description)}`);
  if (Object.keys(tags).length > 0) args.push(`tags=${quoted(tags)}`);
  if (draft.assignedUser) {
    models.push("AssignedUserConfiguration");
    args.push(
      `create_on_behalf_of=AssignedUserConfiguration(user_tenant_id=${quoted(tenant)}, user_object_id=${quoted(draft.assignedUser)})`,
    );
  }
  if (!draft.publicIp) args.push("enable_node_public_ip=False");
  if (draft.subnet) {
    models.push("NetworkSettings");
    args.push(`network_settings=NetworkSettings(subnet=${quoted(draft.subnet)})`);
  }
  if (draft.idleMinutes) args.push(`idle_time_before_shutdown_minutes=${draft.idleMinutes}`);
  if (draft.schedules.length > 0) {
    models.push(...SCHEDULE_MODELS);
    args.push(scheduleArgument(draft.schedules));
  }
  const unsaid = draft.homeDisk || draft.rootDisk;
  return `# In the environment: ARM_CLOUD_METADATA_URL=${location.origin}/metadata/endpoints?api-version=2019-05-01
from azure.ai.ml import MLClient
from azure.ai.ml.entities import ${models.join(", ")}
from azure.identity import ClientSecretCredential

credential = ClientSecretCredential(
    ${quoted(tenant)},
    client_id,  # of a service principal
    client_secret,
    authority=${quoted(location.origin)},
    disable_instance_discovery=True,
)
client = MLClient(
    credential, ${quoted(place.subscription)}, ${quoted(place.group)}, ${quoted(place.workspace)}
)
${unsaid ? "# azure-ai-ml has no words for the sizes of disks: use the template or the CLI for those.\n" : ""}client.compute.begin_create_or_update(
    ComputeInstance(
${args.map((each) => `        ${each},`).join("\n")}
    )
).result()
`;
}

/** A word as a POSIX shell reads it. */
function shell(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function cli(draft: Draft, { place, tenant }: Context): string {
  const words: [string, string][] = [
    ["--resource-group", place.group],
    ["--workspace-name", place.workspace],
    ["--name", draft.name],
    ["--type", "ComputeInstance"],
    ["--size", draft.size],
  ];
  if (draft.description) words.push(["--description", draft.description]);
  if (draft.assignedUser) {
    words.push(["--user-object-id", draft.assignedUser], ["--user-tenant-id", tenant]);
  }
  if (draft.homeDisk) words.push(["--home-disk-size", draft.homeDisk]);
  if (draft.rootDisk) words.push(["--root-disk-size", draft.rootDisk]);
  if (!draft.publicIp) words.push(["--enable-node-public-ip", "false"]);
  if (draft.subnet) words.push(["--subnet", draft.subnet]);
  if (draft.idleMinutes) {
    words.push(["--set", `idle_time_before_shutdown_minutes=${draft.idleMinutes}`]);
  }
  if (draft.schedules.length > 0) {
    words.push(["--set", `schedules=${quoted(scheduleFields(draft.schedules))}`]);
  }
  words.push(...tagFlags(parseTags(draft.tags)));
  const flags = words.map(([flag, value]) => `${flag} ${shell(value)}`);
  return `studiolo compute create \\\n  ${flags.join(" \\\n  ")}\n`;
}

/** `--tags` parts its text at spaces; a tag that has some is set as a field of the YAML. */
function tagFlags(tags: Record<string, string>): [string, string][] {
  return Object.entries(tags).map(([key, value]) =>
    /\s/.test(key + value)
      ? ["--set", `tags.${key}=${quoted(value)}`]
      : ["--tags", `${key}=${value}`],
  );
}
