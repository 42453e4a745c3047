import { expect, test } from "vitest";
import { bodyOf, EMPTY } from "@/features/compute/create/draft";
import { type Format, snippet } from "@/features/compute/create/snippets";
import type { Plan } from "@/features/compute/schedules/plan";
import { PLACE } from "@/testing/instances";

const SUBNET = "/subscriptions/s1/x/virtualNetworks/lab/subnets/nodes";
const DRAFT = { ...EMPTY, name: "ada", size: "Standard_DS3_v2" };
const FULL = {
  ...DRAFT,
  description: 'It\'s "mine": # all',
  tags: "team=blue\nnote=two words",
  assignedUser: "u1",
  homeDisk: "7",
  rootDisk: "9",
  publicIp: false,
  subnet: SUBNET,
  idleMinutes: "30",
  schedules: [
    { action: "Stop", days: ["Monday", "Friday"], time: "18:30", zone: "Asia/Seoul" },
  ] as Plan[],
};
const text = (format: Format, draft = DRAFT) =>
  snippet(format, draft, { place: PLACE, location: "local", tenant: "t1" });

test.each([DRAFT, FULL])("the template holds the very body of the request", (draft) => {
  const template = JSON.parse(text("template", draft));
  const { type, apiVersion, name, ...body } = template.resources[0];
  expect(body).toEqual(bodyOf(draft, "local", "t1"));
  expect(name).toBe("main/ada");
  expect(type).toBe("Microsoft.MachineLearningServices/workspaces/computes");
  expect(apiVersion).toMatch(/^\d{4}-\d{2}-\d{2}$/);
});

test("the YAML has Azure's names for the fields", () => {
  expect(text("yaml", FULL).split("\n").slice(1)).toEqual([
    "name: ada",
    "type: computeinstance",
    "size: Standard_DS3_v2",
    'description: "It\'s \\"mine\\": # all"',
    "tags:",
    '  "team": "blue"',
    '  "note": "two words"',
    "create_on_behalf_of:",
    "  user_object_id: u1",
    "  user_tenant_id: t1",
    "home_disk_size_gib: 7",
    "root_disk_size_gib: 9",
    "enable_node_public_ip: false",
    "network_settings:",
    `  subnet: ${SUBNET}`,
    "idle_time_before_shutdown_minutes: 30",
    "schedules:",
    "  compute_start_stop:",
    "    - action: stop",
    "      state: enabled",
    '      trigger: {"type":"recurrence","frequency":"week","interval":1,"time_zone":"Asia/Seoul","schedule":{"hours":[18],"minutes":[30],"week_days":["monday","friday"]}}',
    "",
  ]);
});

test("a name that YAML would read as a truth value is quoted", () => {
  expect(text("yaml", { ...DRAFT, name: "yes" })).toContain('name: "yes"');
});

test("a command is one that a shell reads back as it was meant", () => {
  const command = text("cli", FULL);
  expect(command).toContain(`--description 'It'\\''s "mine": # all'`);
  expect(command).toContain("--tags team=blue");
  expect(command).toContain(`--set 'tags.note="two words"'`);
  expect(command).toContain(`--set 'schedules={"compute_start_stop":[{"action":"stop"`);
  expect(command).toContain(`--subnet ${SUBNET}`);
  expect(command).toContain("--enable-node-public-ip false");
  expect(command).toContain("--set idle_time_before_shutdown_minutes=30");
});

test("Python imports what it uses, and says what it cannot say", () => {
  const program = text("python", FULL);
  expect(program).toContain("import ComputeInstance, AssignedUserConfiguration, NetworkSettings");
  expect(program).toContain("idle_time_before_shutdown_minutes=30,");
  expect(program).toContain("ComputeSchedules, ComputeStartStopSchedule, RecurrencePattern");
  expect(program).toContain(
    'schedules=ComputeSchedules(compute_start_stop=[ComputeStartStopSchedule(action="Stop", trigger=RecurrenceTrigger(frequency="week", interval=1, time_zone="Asia/Seoul", schedule=RecurrencePattern(hours=[18], minutes=[30], week_days=["monday","friday"])))])',
  );
  expect(program).toContain("no words for the sizes of disks");
  expect(text("python")).not.toContain("sizes of disks");
});

test("nothing is said of what was not filled in", () => {
  expect(text("yaml").split("\n")).toHaveLength(5);
  expect(text("cli")).not.toMatch(/--(description|tags|set|subnet|home-disk|user)/);
});
