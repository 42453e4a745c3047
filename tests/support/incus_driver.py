"""One verb of the Incus engine in a process of its own, which dies at an armed fault point.

Run as `python -m tests.support.incus_driver <order.json>`.
"""

import asyncio
import json
import sys
from pathlib import Path

from studiolo import faults
from studiolo.domain.machine import MachineSpec, Recipe, Resources, Step, VirtualSubnet
from studiolo.engines.incus import IncusEngine
from tests.support.incus import Region


def spec_from(data) -> MachineSpec:
    recipe, subnet = data["recipe"], data["subnet"]
    return MachineSpec(
        **data
        | {
            "resources": Resources(**data["resources"]),
            "recipe": Recipe(Step(recipe["step"]), recipe["of"]) if recipe else None,
            "subnet": VirtualSubnet(**subnet) if subnet else None,
        }
    )


async def act(engine: IncusEngine, verb: str, spec: MachineSpec) -> None:
    match verb:
        case "ensure":
            await engine.ensure(spec)
        case "stop":
            await engine.stop(spec.id, grace=5)
        case "delete":
            await engine.delete(spec.id)
        case "snapshot":
            await engine.snapshot(spec.id, "kept")
        case "adapt":
            await engine.adapt(spec)
        case "ensure_network" if spec.subnet:
            await engine.ensure_network(spec.subnet)
        case "remove_network" if spec.subnet:
            await engine.remove_network(spec.subnet.id)


async def main(order) -> None:
    region = Region(Path(order["root"]), loops=order["loops"])
    spec = spec_from(order["spec"])
    faults.arm(order["fault"])
    await act(region.engine(spec.deployment), order["verb"], spec)


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
