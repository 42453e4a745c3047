/** A region as the API serves it, with what a form about an instance asks for. */
import { type Asked, json } from "@/testing/answers";

interface ServedSize {
  readonly name: string;
  readonly family: string;
  readonly vCPUs: number;
  readonly gpus?: number;
}

const SIZES: readonly ServedSize[] = [
  { name: "Standard_DS2_v2", family: "standardDSv2Family", vCPUs: 2 },
  { name: "Standard_DS3_v2", family: "standardDSv2Family", vCPUs: 4 },
  { name: "Standard_F16s_v2", family: "standardFSv2Family", vCPUs: 16 },
  { name: "Standard_NC6s_v3", family: "standardNCSv3Family", vCPUs: 6, gpus: 1 },
];

interface Region {
  /** vCPUs left in each family; 100 where nothing is said. */
  readonly left?: Readonly<Record<string, number>>;
  /** Names of instances that are taken. */
  readonly taken?: readonly string[];
  readonly features?: Readonly<Record<string, boolean>>;
}

const FAMILIES = [...new Set(SIZES.map((each) => each.family))];

/** The answer where the request is about the region; undefined where it is about something else. */
export function regional({ path, body }: Asked, region: Region = {}): Response | undefined {
  switch (path.split("/").at(-1)) {
    case "vmSizes":
      return json({ value: SIZES.map(served) });
    case "usages":
      return json({
        value: [...FAMILIES, "TotalDedicatedCores"].map((name) => usage(name, region)),
      });
    case "capabilities":
      return json({ engine: "process", isolation: null, features: region.features ?? {} });
    case "checkComputeNameAvailability":
      return json(available(JSON.parse(body).name, region.taken ?? []));
    default:
      return undefined;
  }
}

function served(size: ServedSize) {
  const memory = { memoryGB: size.vCPUs * 4, maxResourceVolumeMB: 10_240 };
  const gpus = size.gpus ?? 0;
  return { ...size, ...memory, gpus, gpuType: gpus ? "V100" : null };
}

function usage(name: string, { left = {} }: Region) {
  const limit = 100;
  const currentValue = limit - (left[name] ?? limit);
  return { currentValue, limit, name: { value: name, localizedValue: name } };
}

function available(name: string, taken: readonly string[]) {
  return taken.includes(name)
    ? { nameAvailable: false, reason: "AlreadyExists", message: `The name ${name} is in use.` }
    : { nameAvailable: true, reason: null, message: null };
}
