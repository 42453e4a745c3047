"""What Azure has and this version does not act on: refused by name, never silently dropped.

Values that mean "off" or "none" are what Studiolo does anyway, and accepted.
"""

from collections.abc import Callable, Iterator
from typing import Any

from studiolo.api.computes.models import ComputeBody, ComputeProperties, InstanceProperties
from studiolo.domain.errors import Detail, InvalidInput

CODE = "UnsupportedFeature"

_INSTANCE = "properties.properties"


def refuse(feature: str, target: str, instead: str = "Leave it out.") -> InvalidInput:
    """The error for one feature that is not there yet."""
    return InvalidInput(
        f"{feature} is not supported by this version of Studiolo. {instead}",
        code=CODE,
        target=target,
    )


def is_empty(value: Any) -> bool:
    """Whether a JSON value says nothing: null, "", or objects and lists of nothing."""
    if isinstance(value, dict):
        return all(is_empty(each) for each in value.values())
    if isinstance(value, list):
        return all(is_empty(each) for each in value)
    return value is None or value == ""


def _is_on(value: Any) -> bool:
    return value is True


def _is_off(value: Any) -> bool:
    return value is False


def _is_set(value: Any) -> bool:
    return not is_empty(value)


def _logs_automatically(value: Any) -> bool:
    settings = value if isinstance(value, dict) else {"mlflowAutologger": value}
    return any(not is_empty(each) and each != "Disabled" for each in settings.values())


Refused = Callable[[Any], bool]

_RULES: tuple[tuple[str, str, str, Refused], ...] = (
    ("schedules", "schedules", "Scheduled start and stop", _is_set),
    ("setup_scripts", "setupScripts", "Running setup scripts", _is_set),
    ("idle_time_before_shutdown", "idleTimeBeforeShutdown", "Idle shutdown", _is_set),
    ("custom_services", "customServices", "A custom application", _is_set),
    ("data_mounts", "dataMounts", "Mounting data", _is_set),
    ("data_disks", "dataDisks", "A data disk", _is_set),
    ("autologger_settings", "autologgerSettings", "Automatic logging", _logs_automatically),
    ("enable_sso", "enableSSO", "Turning single sign-on off", _is_off),
    ("enable_root_access", "enableRootAccess", "Taking root access away", _is_off),
    ("enable_os_patching", "enableOSPatching", "Automatic patching", _is_on),
    ("release_quota_on_stop", "releaseQuotaOnStop", "Releasing quota on stop", _is_on),
)
"""(attribute, name on the wire, what it is, whether a value asks for it)."""


def check(body: ComputeBody) -> None:
    """Refuse everything in `body` that is not acted on.

    :raises InvalidInput: `UnsupportedFeature`; the target is the first such field, details name
        all of them.
    """
    found = list(_found(body))
    if not found:
        return
    names = ", ".join(f"'{problem.target}'" for problem in found)
    first = found[0].message
    message = first if len(found) == 1 else f"{first} The same goes for all of: {names}."
    raise InvalidInput(message, code=CODE, target=found[0].target, details=found)


def _found(body: ComputeBody) -> Iterator[Detail]:
    if not is_empty(body.identity) and not _is_no_identity(body.identity):
        yield _detail("A managed identity", "identity")
    if not is_empty(body.sku):
        yield _detail("A SKU", "sku")
    if body.properties is not None:
        yield from _found_in_properties(body.properties)


def _is_no_identity(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return isinstance(kind, str) and kind.lower() == "none"


def _found_in_properties(properties: ComputeProperties) -> Iterator[Detail]:
    if properties.resource_id:
        yield _detail("Attaching a machine that exists", "properties.resourceId")
    instance = properties.properties
    if instance is None:
        return
    yield from _found_in_ssh(instance)
    for attribute, name, what, asks in _RULES:
        if asks(getattr(instance, attribute)):
            yield _detail(what, f"{_INSTANCE}.{name}")


def _found_in_ssh(instance: InstanceProperties) -> Iterator[Detail]:
    ssh = instance.ssh_settings
    if ssh is None:
        return
    if (ssh.ssh_public_access or "").lower() == "enabled":
        yield _detail("SSH access", f"{_INSTANCE}.sshSettings.sshPublicAccess")
    if ssh.admin_public_key:
        yield _detail("An SSH key", f"{_INSTANCE}.sshSettings.adminPublicKey")


def _detail(what: str, target: str) -> Detail:
    return Detail(
        CODE, f"{what} ('{target}') is not supported by this version of Studiolo.", target
    )
