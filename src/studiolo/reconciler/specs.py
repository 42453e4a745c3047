"""Turns a stored compute instance into what its engine is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from studiolo.domain.alias import user_alias
from studiolo.domain.disks import HOME_DISK, ROOT_DISK
from studiolo.domain.machine import MachineSpec, Resources
from studiolo.domain.regions import Region
from studiolo.domain.resources import Compute
from studiolo.engines.base import Permanent

_MIB_PER_GIB = 1024


@dataclass(frozen=True, slots=True)
class Specs:
    """Builds machine specs for one deployment.

    :param regions: what each region gives, by location.
    :param deployment: the deployment's id.
    :param studio_origin: origin that may embed the machine's applications.
    """

    regions: Mapping[str, Region]
    deployment: str
    studio_origin: str

    def of(self, compute: Compute) -> MachineSpec:
        """Return the spec of `compute`.

        :raises Permanent: its size has been taken out of the catalogue.
        """
        return MachineSpec(
            id=compute.id,
            deployment=self.deployment,
            name=compute.name,
            workspace=compute.workspace_name,
            resource_group=compute.resource_group,
            share=compute.workspace,
            alias=user_alias(compute.assigned_name),
            resources=self._resources(compute),
            generation=compute.generation,
            agent_token=compute.agent_token,
            studio_origin=self.studio_origin,
            recipe=compute.recipe,
            subnet=compute.subnet,
            public_ip=compute.spec.get("enableNodePublicIp") is not False,
        )

    def share_owner(self, compute: Compute) -> int | None:
        """See :attr:`Region.share_owner`."""
        return self.regions[compute.location].share_owner

    def sees_share(self, compute: Compute) -> bool:
        """See :attr:`Region.shares`."""
        return self.regions[compute.location].shares

    def _resources(self, compute: Compute) -> Resources:
        region = self.regions[compute.location]
        size = region.catalogue.find(compute.size)
        if size is None:
            raise Permanent(
                f"The compute size '{compute.size}' of '{compute.name}' is no longer in the "
                "catalogue. Ask an administrator to add it again, or delete the instance."
            )
        return Resources(
            vcpus=size.vcpus,
            memory_mib=round(size.memory_gib * _MIB_PER_GIB),
            gpus=size.gpus,
            disk_gib=compute.spec.get(HOME_DISK) or region.disk_gib,
            root_gib=compute.spec.get(ROOT_DISK) or region.root_gib,
            temp_disk_mib=size.temp_disk_mib,
        )
