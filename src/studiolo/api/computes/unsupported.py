"""What Azure has and this version does not act on: refused by name, never silently dropped.

Values that mean "off" or "none" are what Studiolo does anyway, and accepted. Whoever makes a
feature work removes its rules here; `capabilities` shows it from then on.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from studiolo.api.computes.features import Feature
from studiolo.api.computes.models import ComputeBody, InstanceProperties
from studiolo.domain.errors import Detail, InvalidInput

CODE = "UnsupportedFeature"

_INSTANCE = "properties.properties"

OTHER_TYPES: Mapping[str, Feature] = {
    "AKS": Feature.ATTACHED_COMPUTES,
    "AmlCompute": Feature.COMPUTE_CLUSTERS,
    "DataFactory": Feature.ATTACHED_COMPUTES,
    "DataLakeAnalytics": Feature.ATTACHED_COMPUTES,
    "Databricks": Feature.ATTACHED_COMPUTES,
    "HDInsight": Feature.ATTACHED_COMPUTES,
    "Kubernetes": Feature.ATTACHED_COMPUTES,
    "SynapseSpark": Feature.ATTACHED_COMPUTES,
    "VirtualMachine": Feature.ATTACHED_COMPUTES,
}
"""Azure's other compute types, which Studiolo does not have."""


def refuse(feature: str, target: str, instead: str = "Leave it out.") -> InvalidInput:
    """The error for one feature that is not there yet.

    :param feature: what it is, beginning a sentence.
    """
    return InvalidInput(
        f"{feature} is not supported by this version of Studiolo. {instead}",
        code=CODE,
        target=target,
    )


@dataclass(frozen=True, slots=True)
class RefusedAction:
    """One of Azure's actions on a compute instance that there is not.

    :param feature: what it belongs to; None where Azure's own instances have no use for it.
    :param target: what the error names.
    """

    name: str
    feature: Feature | None
    what: str
    target: str
    instead: str

    def error(self) -> InvalidInput:
        """What whoever asks for it is told."""
        return refuse(self.what, self.target, self.instead)


REFUSED_ACTIONS = (
    RefusedAction(
        "customServices",
        Feature.CUSTOM_APPLICATIONS,
        "A custom application",
        "customServices",
        "Jupyter and the terminal are there.",
    ),
    RefusedAction(
        "updateDataMounts",
        Feature.DATA_MOUNTS,
        "Mounting data",
        "dataMounts",
        "The workspace's file share is in ~/cloudfiles.",
    ),
    RefusedAction("listKeys", None, "Listing keys", "listKeys", "A compute instance has none."),
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


def _is_identity(value: Any) -> bool:
    kind = value.get("type") if isinstance(value, dict) else None
    return _is_set(value) and not (isinstance(kind, str) and kind.lower() == "none")


def _logs_automatically(value: Any) -> bool:
    settings = value if isinstance(value, dict) else {"mlflowAutologger": value}
    return any(not is_empty(each) and each != "Disabled" for each in settings.values())


@dataclass(frozen=True, slots=True)
class Rule:
    """A field whose value may ask for what there is not.

    :param target: its path in a body.
    :param what: it is, beginning a sentence.
    :param asks: whether a body asks for it.
    """

    feature: Feature
    target: str
    what: str
    asks: Callable[[ComputeBody], bool]


def _instance(
    feature: Feature, attribute: str, name: str, what: str, asks: Callable[[Any], bool]
) -> Rule:
    """A rule about a field of `properties.properties`: its attribute, and its name on the wire."""

    def asked(body: ComputeBody) -> bool:
        found = _instance_of(body)
        return found is not None and asks(getattr(found, attribute))

    return Rule(feature, f"{_INSTANCE}.{name}", what, asked)


def _instance_of(body: ComputeBody) -> InstanceProperties | None:
    return body.properties.properties if body.properties else None


def _attaches(body: ComputeBody) -> bool:
    return body.properties is not None and bool(body.properties.resource_id)


def _opens_ssh(ssh: Any) -> bool:
    return ssh is not None and (ssh.ssh_public_access or "").lower() == "enabled"


def _has_key(ssh: Any) -> bool:
    return ssh is not None and bool(ssh.admin_public_key)


RULES: tuple[Rule, ...] = (
    Rule(
        Feature.MANAGED_IDENTITY,
        "identity",
        "A managed identity",
        lambda body: _is_identity(body.identity),
    ),
    Rule(Feature.SKU, "sku", "A SKU", lambda body: _is_set(body.sku)),
    Rule(
        Feature.ATTACHED_COMPUTES,
        "properties.resourceId",
        "Attaching a machine that exists",
        _attaches,
    ),
    _instance(Feature.SSH, "ssh_settings", "sshSettings.sshPublicAccess", "SSH access", _opens_ssh),
    _instance(Feature.SSH, "ssh_settings", "sshSettings.adminPublicKey", "An SSH key", _has_key),
    _instance(
        Feature.SETUP_SCRIPTS, "setup_scripts", "setupScripts", "Running setup scripts", _is_set
    ),
    _instance(
        Feature.CUSTOM_APPLICATIONS,
        "custom_services",
        "customServices",
        "A custom application",
        _is_set,
    ),
    _instance(Feature.DATA_MOUNTS, "data_mounts", "dataMounts", "Mounting data", _is_set),
    _instance(Feature.DATA_DISKS, "data_disks", "dataDisks", "A data disk", _is_set),
    _instance(
        Feature.AUTOLOGGING,
        "autologger_settings",
        "autologgerSettings",
        "Automatic logging",
        _logs_automatically,
    ),
    _instance(
        Feature.NO_SINGLE_SIGN_ON,
        "enable_sso",
        "enableSSO",
        "Turning single sign-on off",
        _is_off,
    ),
    _instance(
        Feature.NO_ROOT_ACCESS,
        "enable_root_access",
        "enableRootAccess",
        "Taking root access away",
        _is_off,
    ),
    _instance(
        Feature.OS_PATCHING,
        "enable_os_patching",
        "enableOSPatching",
        "Automatic patching",
        _is_on,
    ),
    _instance(
        Feature.QUOTA_RELEASE_ON_STOP,
        "release_quota_on_stop",
        "releaseQuotaOnStop",
        "Releasing quota on stop",
        _is_on,
    ),
)

ABSENT: frozenset[Feature] = frozenset(
    [rule.feature for rule in RULES]
    + [action.feature for action in REFUSED_ACTIONS if action.feature is not None]
    + list(OTHER_TYPES.values())
)
"""Features that no region of this version has: whatever is refused above."""


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


def check_type(given: str) -> None:
    """Refuse a compute type of Azure's that there is not.

    :raises InvalidInput: `UnsupportedFeature`.
    """
    if given.lower() in {each.lower() for each in OTHER_TYPES}:
        raise refuse(
            f"The compute type '{given}'", "properties.computeType", "There is 'ComputeInstance'."
        )


def _found(body: ComputeBody) -> Iterator[Detail]:
    for rule in RULES:
        if rule.asks(body):
            message = f"{rule.what} ('{rule.target}') is not supported by this version of Studiolo."
            yield Detail(CODE, message, rule.target)
