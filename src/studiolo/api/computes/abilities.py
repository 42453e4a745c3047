"""What the machines of a region can do; what they cannot is refused, and the region named."""

from collections.abc import Mapping
from typing import Any

from studiolo.api.computes.unsupported import CODE
from studiolo.api.services import Services
from studiolo.domain.disks import DISKS, HOME_DISK, ROOT_DISK
from studiolo.domain.errors import InvalidInput
from studiolo.domain.machine import Step
from studiolo.engines.base import Recipes, SizedDisks, Snapshots

_INSTANCE = "properties.properties."


def snapshots_in(services: Services, location: str) -> Snapshots:
    """What keeps the states of a region's machines.

    :raises InvalidInput: nothing does.
    """
    engine = services.engines.get(location)
    if not isinstance(engine, Snapshots):
        raise _lacking(location, "keep no snapshots", "snapshots")
    return engine


def require_step(services: Services, location: str, step: Step) -> None:
    """Refuse what the start of a region's machines cannot begin with.

    :raises InvalidInput: naming the step and the region.
    """
    engine = services.engines.get(location)
    if not isinstance(engine, Recipes) or step not in engine.steps:
        raise _lacking(location, f"know no {step}", step.value)


def disks_in(services: Services, location: str) -> Mapping[str, int]:
    """Sizes in GiB of the disks that a machine of a region has where nothing is said; none where
    machines have no disks of their own.
    """
    engine = services.engines.get(location)
    if not isinstance(engine, SizedDisks):
        return {}
    sizes = engine.disk_sizes
    return {HOME_DISK: sizes.home_gib, ROOT_DISK: sizes.root_gib}


def with_disks(
    services: Services, location: str, spec: Mapping[str, Any], *, path: str = _INSTANCE
) -> dict[str, Any]:
    """`properties.properties` with the size of every disk, which a later change of the region's
    configuration leaves as it is.

    :param path: what stands before a disk's name in the error's target.
    :raises InvalidInput: it asks for a disk's size where machines have no disks of their own.
    """
    disks = disks_in(services, location)
    for disk in DISKS:
        if disk in spec and disk not in disks:
            raise _lacking(location, "have no disks of their own", f"{path}{disk}")
    return {**disks, **spec}


def _lacking(location: str, what: str, target: str) -> InvalidInput:
    return InvalidInput(
        f"Machines of the region '{location}' {what}. Choose a region of another kind.",
        code=CODE,
        target=target,
    )
