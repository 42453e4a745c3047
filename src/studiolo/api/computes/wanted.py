"""From a request's body to what is stored: one spelling, Azure's defaults, every value checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.api.computes import schedules, unsupported
from studiolo.api.computes.models import AssignedUser, ComputeBody, InstanceProperties
from studiolo.domain import idle
from studiolo.domain.disks import HOME_DISK, ROOT_DISK
from studiolo.domain.errors import InvalidInput
from studiolo.domain.schedules import Schedule
from studiolo.domain.sizes import Catalogue, Size

_INSTANCE = "properties.properties"

COMPUTE_TYPE = "ComputeInstance"

DEFAULTS: Mapping[str, Any] = {
    "applicationSharingPolicy": "Shared",
    "computeInstanceAuthorizationType": "personal",
    "enableNodePublicIp": True,
    "enableSSO": True,
    "enableRootAccess": True,
    "enableOSPatching": False,
    "releaseQuotaOnStop": False,
}
"""What azure-ai-ml sends when its user says nothing."""

_ENUMS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "application_sharing_policy": ("applicationSharingPolicy", ("Personal", "Shared")),
    "compute_instance_authorization_type": ("computeInstanceAuthorizationType", ("personal",)),
}

_SSH_ACCESS = ("Enabled", "Disabled", "NotSpecified")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A checked body.

    :param said: `properties.properties` as far as the client said it, in the stored spelling.
    :param assigned: whom the instance is for; None if not said.
    :param tags: None if not said.
    :param description: None if not said.
    :param schedules: what starts and stops it by itself; None if not said.
    """

    size: Size | None
    said: Mapping[str, Any]
    assigned: AssignedUser | None
    location: str | None
    tags: Mapping[str, str] | None
    description: str | None
    disable_local_auth: bool | None
    schedules: tuple[Schedule, ...] | None = None

    @property
    def spec(self) -> dict[str, Any]:
        """`properties.properties` of a new instance: what was said, over the defaults."""
        return {**DEFAULTS, **self.said}


def read(body: ComputeBody, catalogue: Catalogue, *, creating: bool) -> Wanted:
    """Check a body by itself.

    :param creating: a PUT, whose body is whole.
    :raises InvalidInput: a value is wrong, missing, or asks for what is not supported.
    """
    properties = body.properties
    if properties is None and creating:
        raise InvalidInput("'properties' is required.", target="properties")
    _check_type(properties.compute_type if properties else None, required=creating)
    unsupported.check(body)
    instance = (properties.properties if properties else None) or InstanceProperties()
    size = _size(instance, catalogue, required=creating)
    personal = instance.personal_compute_instance_settings
    return Wanted(
        size=size,
        said=_said(instance, size),
        assigned=personal.assigned_user if personal else None,
        location=_location(body),
        tags=body.tags,
        description=properties.description if properties else None,
        disable_local_auth=properties.disable_local_auth if properties else None,
        schedules=schedules.said(instance.schedules),
    )


def _check_type(given: str | None, *, required: bool) -> None:
    target = "properties.computeType"
    if given is None:
        if required:
            raise InvalidInput(f"'{target}' is required; say '{COMPUTE_TYPE}'.", target=target)
        return
    if given.lower() == COMPUTE_TYPE.lower():
        return
    unsupported.check_type(given)
    raise InvalidInput(
        f"'{given[:80]}' is no compute type. There is '{COMPUTE_TYPE}'.", target=target
    )


def _size(instance: InstanceProperties, catalogue: Catalogue, *, required: bool) -> Size | None:
    if instance.vm_size is not None:
        return catalogue.require(instance.vm_size)
    if required:
        target = f"{_INSTANCE}.vmSize"
        raise InvalidInput(f"'{target}' is required, for example 'Standard_DS3_v2'.", target=target)
    return None


def _said(instance: InstanceProperties, size: Size | None) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if size is not None:
        said["vmSize"] = size.name
    for attribute, (name, values) in _ENUMS.items():
        given = getattr(instance, attribute)
        if given is not None:
            said[name] = _one_of(given, values, f"{_INSTANCE}.{name}")
    for attribute, name in (
        ("enable_node_public_ip", "enableNodePublicIp"),
        ("enable_sso", "enableSSO"),
        ("enable_root_access", "enableRootAccess"),
        ("enable_os_patching", "enableOSPatching"),
        ("release_quota_on_stop", "releaseQuotaOnStop"),
    ):
        if (flag := getattr(instance, attribute)) is not None:
            said[name] = flag
    sizes = {HOME_DISK: instance.home_disk_size_gib, ROOT_DISK: instance.root_disk_size_gib}
    said |= {name: size for name, size in sizes.items() if size is not None}
    if "idle_time_before_shutdown" in instance.model_fields_set:
        said[idle.SETTING] = idle_time(instance.idle_time_before_shutdown)
    if instance.subnet is not None and instance.subnet.id:
        said["subnet"] = {"id": instance.subnet.id}
    ssh = instance.ssh_settings
    if ssh is not None and ssh.ssh_public_access is not None:
        # Off is all there is, so it is checked and not kept.
        _one_of(ssh.ssh_public_access, _SSH_ACCESS, f"{_INSTANCE}.sshSettings.sshPublicAccess")
    return said


def idle_time(given: str | None, path: str = f"{_INSTANCE}.") -> str | None:
    """How long an instance may be idle, in the stored spelling; None for as long as it likes.

    :raises InvalidInput: it is no duration, or one that Azure does not take.
    """
    return None if given is None else idle.checked(given, f"{path}{idle.SETTING}")


def _one_of(given: str, values: tuple[str, ...], target: str) -> str:
    for value in values:
        if value.lower() == given.lower():
            return value
    raise InvalidInput(
        f"'{target}' cannot be '{given[:80]}'; it is one of: {', '.join(values)}.", target=target
    )


def _location(body: ComputeBody) -> str | None:
    inner = body.properties.compute_location if body.properties else None
    if body.location and inner and _folded(body.location) != _folded(inner):
        raise InvalidInput(
            "'location' and 'properties.computeLocation' name two regions.",
            target="properties.computeLocation",
        )
    return body.location or inner


def _folded(location: str) -> str:
    return location.replace(" ", "").lower()
