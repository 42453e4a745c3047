"""Azure's `computeInstance` YAML, as the REST body; `compute_view.py` is the way back.

The mapping is the one of Azure's own client, field by field, so that a file that works there means
the same here and whatever Studiolo does not act on is refused by the server, by name. Fields that
Azure's schema does not know are refused here, as Azure's client does.

Source: the ComputeInstance schema and entity of azure-ai-ml 1.35.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from studiolo.client.errors import ClientError

Json = dict[str, Any]

DEFAULT_SIZE = "Standard_DS3_v2"
"""What Azure's client asks for when no size is given."""

COMPUTE_TYPE = "computeinstance"

_WRITABLE = {
    "$schema",
    "name",
    "type",
    "location",
    "description",
    "tags",
    "resource_id",
    "size",
    "network_settings",
    "create_on_behalf_of",
    "ssh_settings",
    "ssh_public_access_enabled",
    "schedules",
    "identity",
    "idle_time_before_shutdown",
    "idle_time_before_shutdown_minutes",
    "custom_applications",
    "setup_scripts",
    "enable_node_public_ip",
    "enable_sso",
    "enable_root_access",
    "release_quota_on_stop",
    "enable_os_patching",
    # Studiolo's own: Azure fixes both.
    "home_disk_size_gib",
    "root_disk_size_gib",
}

_READ_ONLY = {
    "id",
    "provisioning_errors",
    "created_on",
    "provisioning_state",
    "state",
    "last_operation",
    "services",
    "os_image_metadata",
    "resourceGroup",
    "errors",
}
"""Printed by `show`; accepted and left out in a file, so that a printed compute can be created."""

IDLE_KEY = "idleTimeBeforeShutdown"
IDLE_FIELDS = ("idle_time_before_shutdown_minutes", "idle_time_before_shutdown")
"""The YAML's two words for it; the first wins."""

CLIENT_KEYS = (
    "vmSize",
    "homeDiskSizeGiB",
    "rootDiskSizeGiB",
    "subnet",
    "sshSettings",
    "personalComputeInstanceSettings",
    IDLE_KEY,
    "enableNodePublicIp",
    "enableSSO",
    "enableRootAccess",
    "releaseQuotaOnStop",
    "enableOSPatching",
    "applicationSharingPolicy",
    "computeInstanceAuthorizationType",
    "schedules",
    "setupScripts",
    "customServices",
)
"""What a client sets in a compute instance's `properties.properties`; the rest is the server's."""


class InvalidFile(ClientError):
    """The YAML is not a compute instance."""

    def __init__(self, message: str, target: str | None = None) -> None:
        super().__init__(message, code="ValidationError", target=target)


def to_body(data: Mapping[str, Any], location: str, vnet_base: str = "") -> Json:
    """The body of `PUT .../computes/{name}`.

    :param data: the parsed YAML.
    :param location: the workspace's region; the file's own `location` wins.
    :param vnet_base: ARM id of the resource group that a `vnet_name` without a slash lies in.
    :raises InvalidFile: a field is unknown or has another shape than Azure's schema.
    """
    _check(data)
    properties: Json = {
        "computeType": "ComputeInstance",
        "disableLocalAuth": not data.get("ssh_public_access_enabled"),
        "properties": _instance(data, vnet_base),
    }
    if data.get("description") is not None:
        properties["description"] = str(data["description"])
    body: Json = {"location": data.get("location") or location, "properties": properties}
    if data.get("tags") is not None:
        body["tags"] = {str(key): str(value) for key, value in _mapping(data, "tags").items()}
    if data.get("identity"):
        body["identity"] = _identity(_mapping(data, "identity"))
    return body


def _check(data: Mapping[str, Any]) -> None:
    kind = str(data.get("type", COMPUTE_TYPE)).replace("_", "").lower()
    if kind != COMPUTE_TYPE:
        raise InvalidFile(
            f"type '{data['type']}' is not offered; use type: computeinstance.", "type"
        )
    unknown = sorted(set(data) - _WRITABLE - _READ_ONLY)
    if unknown:
        raise InvalidFile(
            f"{', '.join(unknown)}: not a field of Azure's computeInstance schema.", unknown[0]
        )


def _instance(data: Mapping[str, Any], vnet_base: str) -> Json:
    made: Json = {
        "vmSize": data.get("size") or DEFAULT_SIZE,
        "enableNodePublicIp": _flag(data, "enable_node_public_ip", default=True),
        "enableSSO": _flag(data, "enable_sso", default=True),
        "enableRootAccess": _flag(data, "enable_root_access", default=True),
        "releaseQuotaOnStop": _flag(data, "release_quota_on_stop", default=False),
        "enableOSPatching": _flag(data, "enable_os_patching", default=False),
        "applicationSharingPolicy": "Shared",
        "computeInstanceAuthorizationType": "personal",
    }
    optional: dict[str, Callable[[Mapping[str, Any]], Any]] = {
        "homeDiskSizeGiB": lambda given: _whole(given, "home_disk_size_gib"),
        "rootDiskSizeGiB": lambda given: _whole(given, "root_disk_size_gib"),
        "subnet": lambda given: _subnet(given, vnet_base),
        "sshSettings": _ssh,
        "personalComputeInstanceSettings": _assigned,
        IDLE_KEY: _idle,
        "schedules": _schedules,
        "setupScripts": _scripts,
        "customServices": _applications,
    }
    for key, make in optional.items():
        value = make(data)
        if value is not None:
            made[key] = value
    return made


def _mapping(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidFile(f"{key} must be a mapping.", key)
    return value


def _list(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, Mapping) for one in value):
        raise InvalidFile(f"{key} must be a list of mappings.", key)
    return value


def _flag(data: Mapping[str, Any], key: str, *, default: bool) -> bool:
    value = data.get(key, default)
    if not isinstance(value, bool):
        raise InvalidFile(f"{key} must be true or false.", key)
    return value


def _whole(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InvalidFile(f"{key} must be a whole number.", key)
    return value


def without_none(made: Mapping[str, Any]) -> Json:
    """`made` without the keys that have no value."""
    return {key: value for key, value in made.items() if value is not None}


def _subnet(data: Mapping[str, Any], vnet_base: str) -> Json | None:
    network = _mapping(data, "network_settings")
    subnet, vnet = network.get("subnet"), network.get("vnet_name")
    if subnet and "/" in str(subnet):
        return {"id": str(subnet)}
    if not subnet and not vnet:
        return None
    if not subnet or not vnet:
        raise InvalidFile(
            "network_settings needs both vnet_name and subnet, or the subnet's whole id.",
            "network_settings",
        )
    networks = f"{vnet_base}/providers/Microsoft.Network/virtualNetworks"
    return {"id": f"{networks}/{vnet}/subnets/{subnet}"}


def _ssh(data: Mapping[str, Any]) -> Json | None:
    settings = data.get("ssh_settings")
    enabled = data.get("ssh_public_access_enabled")
    if settings is None and enabled is None:
        return None
    key = _mapping(data, "ssh_settings").get("ssh_key_value")
    access = "Enabled" if enabled else "Disabled"
    return without_none({"sshPublicAccess": access, "adminPublicKey": key})


def _assigned(data: Mapping[str, Any]) -> Json | None:
    user = _mapping(data, "create_on_behalf_of")
    if not user:
        return None
    assigned = {"objectId": user.get("user_object_id"), "tenantId": user.get("user_tenant_id")}
    return {"assignedUser": without_none(assigned)}


def _idle(data: Mapping[str, Any]) -> str | None:
    minutes = _whole(data, "idle_time_before_shutdown_minutes")
    if minutes:
        return f"PT{minutes}M"
    value = data.get("idle_time_before_shutdown")
    return str(value) if value else None


def _schedules(data: Mapping[str, Any]) -> Json | None:
    if data.get("schedules") is None:
        return None
    entries = _list(_mapping(data, "schedules"), "compute_start_stop")
    return {"computeStartStop": [_schedule(entry) for entry in entries]}


def _schedule(entry: Mapping[str, Any]) -> Json:
    trigger = _mapping(entry, "trigger")
    made: Json = {
        "action": str(entry.get("action", "")).capitalize(),
        "status": str(entry.get("state", "Enabled")).capitalize(),
    }
    if entry.get("schedule_id"):
        # Printed by `show`: so the server knows which of its schedules this one is.
        made["id"] = entry["schedule_id"]
    start = trigger.get("start_time")
    common = {
        # YAML reads an unquoted instant as a timestamp.
        "startTime": start.isoformat() if isinstance(start, datetime) else start,
        "timeZone": trigger.get("time_zone", "UTC"),
    }
    kind = str(trigger.get("type", "")).lower()
    if kind == "cron":
        made["triggerType"] = "Cron"
        made["cron"] = without_none({**common, "expression": trigger.get("expression")})
    elif kind == "recurrence":
        pattern = _mapping(trigger, "schedule")
        made["triggerType"] = "Recurrence"
        made["recurrence"] = without_none(
            {
                **common,
                "frequency": trigger.get("frequency"),
                "interval": trigger.get("interval"),
                "schedule": without_none(
                    {
                        "hours": pattern.get("hours"),
                        "minutes": pattern.get("minutes"),
                        "weekDays": pattern.get("week_days"),
                        "monthDays": pattern.get("month_days"),
                    }
                )
                or None,
            }
        )
    else:
        raise InvalidFile("A schedule's trigger needs type: cron or type: recurrence.", "trigger")
    return made


def _scripts(data: Mapping[str, Any]) -> Json | None:
    scripts = _mapping(data, "setup_scripts")
    if not scripts:
        return None
    named = {"creationScript": "creation_script", "startupScript": "startup_script"}
    made = {
        wire: _script(_mapping(scripts, key)) for wire, key in named.items() if scripts.get(key)
    }
    return {"scripts": made}


def _script(script: Mapping[str, Any]) -> Json:
    minutes = script.get("timeout_minutes")
    return without_none(
        {
            "scriptSource": "workspaceStorage",
            "scriptData": script.get("path"),
            "scriptArguments": script.get("command"),
            "timeout": f"{minutes}m" if minutes is not None else None,
        }
    )


def _applications(data: Mapping[str, Any]) -> list[Json] | None:
    if data.get("custom_applications") is None:
        return None
    return [_application(one) for one in _list(data, "custom_applications")]


def _application(app: Mapping[str, Any]) -> Json:
    variables = _mapping(app, "environment_variables")
    made: Json = {
        "name": app.get("name"),
        "type": app.get("type", "docker"),
        "image": {"type": "docker", "reference": _mapping(app, "image").get("reference")},
        "endpoints": [
            {"name": "connect", "protocol": "http", **without_none(endpoint)}
            for endpoint in _list(app, "endpoints")
        ],
    }
    if variables:
        made["environmentVariables"] = {
            name: {"type": "local", "value": value} for name, value in variables.items()
        }
    if app.get("bind_mounts"):
        made["volumes"] = [
            {"type": "bind", "readOnly": False, **mount} for mount in _list(app, "bind_mounts")
        ]
    return made


def _identity(identity: Mapping[str, Any]) -> Json:
    kind = "".join(word.capitalize() for word in str(identity.get("type", "")).split("_"))
    kind = kind.replace("SystemAssignedUserAssigned", "SystemAssigned,UserAssigned")
    users = _list(identity, "user_assigned_identities")
    made: Json = {"type": kind}
    if users:
        made["userAssignedIdentities"] = {str(user.get("resource_id")): {} for user in users}
    return made
