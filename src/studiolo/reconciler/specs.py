"""Turns a stored compute instance into what its engine is told."""

from dataclasses import dataclass

from studiolo.domain.alias import user_alias
from studiolo.domain.machine import MachineSpec, Resources
from studiolo.domain.resources import Compute
from studiolo.domain.sizes import Catalogue
from studiolo.engines.base import Permanent

_MIB_PER_GIB = 1024


@dataclass(frozen=True, slots=True)
class Specs:
    """Builds machine specs for one deployment.

    :param deployment: the deployment's id.
    :param disk_gib: size of a machine's own disk.
    :param studio_origin: origin that may embed the machine's applications.
    """

    catalogue: Catalogue
    deployment: str
    disk_gib: int
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
        )

    def _resources(self, compute: Compute) -> Resources:
        size = self.catalogue.find(compute.size)
        if size is None:
            raise Permanent(
                f"The compute size '{compute.size}' of '{compute.name}' is no longer in the "
                "catalogue. Ask an administrator to add it again, or delete the instance."
            )
        return Resources(
            vcpus=size.vcpus,
            memory_mib=round(size.memory_gib * _MIB_PER_GIB),
            gpus=size.gpus,
            disk_gib=self.disk_gib,
            temp_disk_mib=size.temp_disk_mib,
        )
