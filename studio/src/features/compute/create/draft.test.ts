import { expect, test } from "vitest";
import { ApiError } from "@/api/errors";
import { bodyOf, EMPTY, fieldOf, NAME_RULE, parseTags } from "@/features/compute/create/draft";
import { fieldErrors } from "@/features/compute/create/fieldErrors";
import { proposal } from "@/features/compute/create/proposal";
import { firstChoice, offers } from "@/features/compute/create/sizing";
import { usualPlan, written } from "@/features/compute/schedules/plan";

test.each(["abc", "a-1", "A23456789012345678901234"])("%s keeps Azure's rule for names", (name) => {
  expect(NAME_RULE.test(name)).toBe(true);
});

test.each(["", "ab", "1abc", "abc-", "a_b", "a b", "A234567890123456789012345", "안녕하세요"])(
  "'%s' does not keep it",
  (name) => expect(NAME_RULE.test(name)).toBe(false),
);

test("tags are lines; what follows the first = is the value", () => {
  expect(parseTags("team = blue\n\n  formula=a=b\nempty")).toEqual({
    team: "blue",
    formula: "a=b",
    empty: "",
  });
});

const PLAN = usualPlan();

test("what is said of a schedule is said of the schedules", () => {
  const target = "properties.properties.schedules.computeStartStop.0.recurrence.timeZone";
  expect(fieldOf(target)).toBe("schedules");
});

test("only what was filled in is asked for", () => {
  expect(bodyOf({ ...EMPTY, name: "a-1", size: "S" }, "local", "t1")).toEqual({
    location: "local",
    properties: { computeType: "ComputeInstance", properties: { vmSize: "S" } },
  });
});

test("everything that was filled in is asked for", () => {
  const draft = {
    name: "a-1",
    size: "S",
    description: "mine",
    tags: "team=blue",
    assignedUser: "u1",
    homeDisk: "7",
    rootDisk: "9",
    publicIp: false,
    subnet: "/subnets/one",
    idleMinutes: "30",
    schedules: [PLAN],
  };
  expect(bodyOf(draft, "local", "t1")).toEqual({
    location: "local",
    tags: { team: "blue" },
    properties: {
      computeType: "ComputeInstance",
      description: "mine",
      properties: {
        vmSize: "S",
        personalComputeInstanceSettings: { assignedUser: { objectId: "u1", tenantId: "t1" } },
        homeDiskSizeGiB: 7,
        rootDiskSizeGiB: 9,
        enableNodePublicIp: false,
        subnet: { id: "/subnets/one" },
        idleTimeBeforeShutdown: "PT30M",
        schedules: { computeStartStop: [written(PLAN)] },
      },
    },
  });
});

const error = (target?: string, code = "BadArgument", status = 400, details: ApiError[] = []) =>
  new ApiError(status, code, `About ${target}.`, target, details);

test.each([
  ["properties.properties.vmSize", "size"],
  ["properties.properties.homeDiskSizeGiB", "homeDisk"],
  ["properties.properties.personalComputeInstanceSettings.assignedUser.tenantId", "assignedUser"],
  ["properties.properties.subnet.id", "subnet"],
  ["properties.properties.enableNodePublicIp", "publicIp"],
  ["properties.properties.idleTimeBeforeShutdown", "idleMinutes"],
  ["properties.description", "description"],
  ["tags", "tags"],
  ["name", "name"],
])("an error about %s stands at the field %s", (target, field) => {
  expect(fieldErrors(error(target))).toEqual({ [field]: `About ${target}.` });
});

test("details stand at their own fields, and the first sentence about a field is kept", () => {
  const details = [error("tags"), error("properties.properties.vmSize"), error("a.vmSize")];
  expect(fieldErrors(error(undefined, "Several", 400, details))).toEqual({
    tags: "About tags.",
    size: "About properties.properties.vmSize.",
  });
});

test("a quota that is used up stands at the sizes, a name lost to another at the name", () => {
  expect(fieldErrors(error("standardFSv2Family", "QuotaExceeded", 409))).toHaveProperty("size");
  expect(fieldErrors(error(undefined, "PreconditionFailed", 412))).toHaveProperty("name");
});

test("what is about no field stands at none", () => {
  expect(fieldErrors(error("main", "Conflict", 409))).toEqual({});
  expect(fieldErrors(new Error("lost"))).toEqual({});
});

test.each([
  ["ana.lopez", [], "ana-lopez-1"],
  ["ana", ["ana-1", "ana-2"], "ana-3"],
  ["42nd_Street!", [], "nd-street-1"],
  ["김민지", [], "my-1"],
  ["a-very-long-alias-indeed-it-is", [], "a-very-long-alias-1"],
])("%s is proposed a name", (alias, taken, name) => {
  expect(proposal(alias, new Set(taken))).toBe(name);
  expect(name).toMatch(NAME_RULE);
});

const size = (name: string, vcpus: number, family = "F", gpus = 0) => ({
  name,
  family,
  vcpus,
  gpus,
  memoryGb: 4,
  gpuType: null,
  tempDiskMb: 0,
});
const usage = (name: string, used: number, limit: number) => ({
  name,
  shownName: name,
  used,
  limit,
});

test("what is left is the least of the family's and the region's quota", () => {
  const usages = [usage("f", 2, 10), usage("TotalDedicatedCores", 96, 100)];
  const [small, large] = offers([size("S", 4), size("L", 8)], usages);
  expect([small?.left, small?.fits]).toEqual([4, true]);
  expect([large?.left, large?.fits]).toEqual([4, false]);
});

test("more in use than the limit leaves nothing, not less", () => {
  expect(offers([size("S", 1)], [usage("F", 12, 10)])[0]).toMatchObject({ left: 0, fits: false });
});

test("while the quota is unknown nothing is greyed", () => {
  expect(offers([size("S", 400)], undefined)[0]).toMatchObject({ left: null, fits: true });
});

test("Azure's usual size is chosen, else the smallest without a GPU that fits", () => {
  const usual = size("Standard_DS3_v2", 4, "D");
  const all = [size("Gpu", 1, "G", 1), size("Big", 8), size("Small", 2), usual];
  expect(firstChoice(offers(all, undefined))).toBe("Standard_DS3_v2");
  expect(firstChoice(offers(all, [usage("D", 0, 0)]))).toBe("Small");
  expect(firstChoice(offers(all, [usage("TotalDedicatedCores", 9, 9)]))).toBe("");
});
