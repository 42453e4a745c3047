"""One verb of the process engine in a process of its own, which dies at an armed fault point.

Run as `python -m tests.support.engine_driver <order.json>`.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from studiolo import faults
from studiolo.domain.machine import MachineSpec, Resources
from studiolo.engines.process import ImageStore, ProcessEngine


async def main(order) -> None:
    root = Path(order["root"])
    spec = MachineSpec(**(order["spec"] | {"resources": Resources(**order["spec"]["resources"])}))
    engine = ProcessEngine(
        spec.deployment,
        machines=root / "machines",
        run=root / "run",
        shares=root / "shares",
        images=ImageStore(Path(order["images"]), os.environ),
        inherited=os.environ,
        agent_command=order["agent_command"],
    )
    faults.arm(order["fault"])
    if order["verb"] == "ensure":
        await engine.ensure(spec)
    elif order["verb"] == "stop":
        await engine.stop(spec.id, grace=5)
    else:
        await engine.delete(spec.id)


if __name__ == "__main__":
    asyncio.run(main(json.loads(Path(sys.argv[1]).read_text())))
