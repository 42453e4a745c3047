import { expect, test } from "vitest";
import type { Size } from "@/api/sizes";
import { byFamily } from "@/features/quota/holders";
import { instance } from "@/testing/instances";

function size(name: string, family: string, vcpus: number): Size {
  return { name, family, vcpus, memoryGb: 8, gpus: 0, gpuType: null, tempDiskMb: 0 };
}

const SIZES = [
  size("Standard_DS2_v2", "standardDSv2Family", 2),
  size("Standard_DS4_v2", "standardDSv2Family", 8),
  size("Standard_NC6", "standardNCFamily", 6),
];

const workspace = (name: string, ...instances: ReturnType<typeof instance>[]) => ({
  group: "team",
  workspace: name,
  instances,
});

const told = (...found: ReturnType<typeof workspace>[]) =>
  Object.fromEntries(
    [...byFamily(found, SIZES, "local")].map(([family, holders]) => [
      family,
      holders.map((each) => `${each.workspace}/${each.instance.name} ${each.vcpus}`),
    ]),
  );

test("instances of every workspace are under their family, the largest first", () => {
  const main = workspace(
    "main",
    instance({ name: "small" }),
    instance({ name: "gpu", size: "Standard_NC6" }),
  );
  const other = workspace("other", instance({ name: "large", size: "Standard_DS4_v2" }));
  expect(told(main, other)).toEqual({
    standardDSv2Family: ["other/large 8", "main/small 2"],
    standardNCFamily: ["main/gpu 6"],
  });
});

test("a stopped instance keeps what it took", () => {
  const main = workspace("main", instance({ name: "idle", state: "Stopped" }));
  expect(told(main)).toEqual({ standardDSv2Family: ["main/idle 2"] });
});

test("a size is known however its letters are written", () => {
  const main = workspace("main", instance({ name: "shout", size: "STANDARD_DS2_V2" }));
  expect(told(main)).toEqual({ standardDSv2Family: ["main/shout 2"] });
});

test("instances of another region, and of sizes that are not known, take nothing here", () => {
  const main = workspace(
    "main",
    instance({ name: "away", location: "lab" }),
    instance({ name: "odd", size: "Standard_Unheard_of" }),
  );
  expect(told(main)).toEqual({});
});
