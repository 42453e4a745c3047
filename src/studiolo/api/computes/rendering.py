"""A compute instance as Azure's clients read it."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from studiolo.api.arm.envelope import detail_body
from studiolo.api.arm.etag import quoted
from studiolo.api.arm.origin import public_origin
from studiolo.api.arm.rendering import instant, system_data
from studiolo.api.computes import schedules
from studiolo.api.computes.wanted import COMPUTE_TYPE
from studiolo.api.services import Services
from studiolo.domain.applications import APPLICATIONS
from studiolo.domain.idle import SETTING
from studiolo.domain.machine import IMAGE
from studiolo.domain.resources import Compute
from studiolo.domain.states import State

TYPE = "Microsoft.MachineLearningServices/workspaces/computes"

PROVISIONING: dict[State, str] = {
    State.CREATING: "Creating",
    State.SETTING_UP: "Creating",
    State.RUNNING: "Succeeded",
    State.STOPPING: "Updating",
    State.STOPPED: "Succeeded",
    State.STARTING: "Updating",
    State.RESTARTING: "Updating",
    State.RESIZING: "Updating",
    State.DELETING: "Deleting",
    State.CREATE_FAILED: "Failed",
    State.UNUSABLE: "Failed",
    # Azure's clients poll for as long as they read "Unknown"; the instance itself is provisioned.
    State.UNKNOWN: "Succeeded",
}
"""ARM's `provisioningState` by instance state. Clients wait while it is not a final one."""

_ADMIN_USER = "azureuser"

_RUNTIME = version("studiolo")


@dataclass(frozen=True, slots=True)
class View:
    """What rendering needs to know of the deployment and the request.

    :param scheme: of the address the client reached us at; instances' hosts are served with it.
    :param authority: host and port of that address.
    :param latest_image: version of the newest image in the instances' region; None if not known.
    """

    tenant: str
    scheme: str
    authority: str
    latest_image: str | None

    @classmethod
    async def of(cls, request: Request, services: Services, location: str) -> "View":
        """The view for one request, of instances in the region `location`."""
        origin = urlsplit(public_origin(request, services.settings))
        latest = await services.images.of(location, IMAGE)
        return cls(services.deployment.tenant, origin.scheme, origin.netloc, latest)

    def render(self, compute: Compute) -> dict[str, Any]:
        """The whole resource."""
        body: dict[str, Any] = {
            "id": compute.arm_id,
            "name": compute.name,
            "type": TYPE,
            "location": compute.location,
            "tags": dict(compute.tags),
            "identity": compute.identity,
            "sku": None,
            "etag": quoted(compute.etag),
            "properties": self._properties(compute),
        }
        if compute.stamp is not None:
            body["systemData"] = system_data(compute.stamp)
        return body

    def _properties(self, compute: Compute) -> dict[str, Any]:
        provisioning = PROVISIONING[compute.state]
        errors = _errors(compute)
        return {
            "computeType": COMPUTE_TYPE,
            "computeLocation": compute.location,
            "description": compute.envelope.get("description"),
            "disableLocalAuth": compute.envelope.get("disableLocalAuth", True),
            "provisioningState": provisioning,
            "provisioningErrors": errors if provisioning == "Failed" else None,
            "createdOn": instant(compute.stamp.created_at) if compute.stamp else None,
            "modifiedOn": instant(compute.stamp.modified_at) if compute.stamp else None,
            "isAttachedCompute": False,
            "resourceId": None,
            "properties": {
                "subnet": None,
                SETTING: None,
                **compute.spec,
                "state": compute.state.value,
                "applications": self._applications(compute),
                "createdBy": {
                    "userId": compute.owner_id,
                    "userOrgId": self.tenant,
                    "userName": compute.owner_name,
                },
                "personalComputeInstanceSettings": self._personal(compute),
                "errors": errors,
                "lastOperation": _last_operation(compute),
                "sshSettings": {
                    "sshPublicAccess": "Disabled",
                    "adminUserName": _ADMIN_USER,
                    "sshPort": None,
                    "adminPublicKey": None,
                },
                "connectivityEndpoints": {
                    "publicIpAddress": None,
                    "privateIpAddress": compute.private_ip,
                },
                "osImageMetadata": self._image(compute),
                "versions": {"runtime": _RUNTIME},
                "schedules": schedules.rendered(compute.schedules),
                **_NOT_YET,
            },
        }

    def _applications(self, compute: Compute) -> list[dict[str, str]]:
        origin = f"{self.scheme}://{compute.host_label}.{self.authority}"
        return [
            {"displayName": each.display_name, "endpointUri": f"{origin}{each.path}"}
            for each in APPLICATIONS
        ]

    def _image(self, compute: Compute) -> dict[str, Any] | None:
        current, latest = compute.image_version, self.latest_image
        if current is None:
            return None
        return {
            "currentImageVersion": current,
            "latestImageVersion": latest,
            "isLatestOsImageVersion": None if latest is None else current == latest,
        }

    def _personal(self, compute: Compute) -> dict[str, Any] | None:
        if compute.assigned_id == compute.owner_id:
            return None
        return {"assignedUser": {"objectId": compute.assigned_id, "tenantId": self.tenant}}


_NOT_YET: dict[str, Any] = {
    "setupScripts": None,
    "customServices": None,
    "containers": [],
    "dataDisks": [],
    "dataMounts": [],
}
"""Azure's fields that are empty on every instance of this version."""


def _errors(compute: Compute) -> list[dict[str, Any]]:
    told = [*compute.errors, *schedules.notices(compute)]
    return [{"error": detail_body(detail)} for detail in told]


def _last_operation(compute: Compute) -> dict[str, Any]:
    last = compute.last_operation
    return {
        "operationName": last.name,
        "operationTime": instant(last.time),
        "operationStatus": last.status,
        "operationTrigger": last.trigger.value,
    }
