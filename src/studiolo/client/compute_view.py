"""A compute as Azure's CLI prints it: the fields of the YAML, and those only the server sets."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from studiolo.client.compute_file import COMPUTE_TYPE, Json, without_none


def from_resource(resource: Mapping[str, Any]) -> Json:
    """A compute as Azure's CLI prints it: the YAML's fields, and those only the server sets."""
    outer = resource.get("properties") or {}
    inner = outer.get("properties") or {}
    ssh = inner.get("sshSettings") or {}
    group = re.search(r"/resourceGroups/([^/]+)", str(resource.get("id", "")), re.IGNORECASE)
    minutes = re.fullmatch(r"PT(\d+)M", str(inner.get("idleTimeBeforeShutdown") or ""))
    made = {
        "name": resource.get("name"),
        "type": COMPUTE_TYPE,
        "state": inner.get("state"),
        "size": inner.get("vmSize"),
        "home_disk_size_gib": inner.get("homeDiskSizeGiB"),
        "root_disk_size_gib": inner.get("rootDiskSizeGiB"),
        "location": resource.get("location"),
        "description": outer.get("description"),
        "tags": resource.get("tags") or None,
        "created_on": outer.get("createdOn"),
        "provisioning_state": outer.get("provisioningState"),
        "last_operation": _snake(inner.get("lastOperation")),
        "services": _snake(inner.get("applications")),
        "errors": _errors(inner.get("errors") or outer.get("provisioningErrors")),
        "schedules": _schedules(inner),
        "create_on_behalf_of": _assigned_user(inner),
        "idle_time_before_shutdown": inner.get("idleTimeBeforeShutdown"),
        "idle_time_before_shutdown_minutes": int(minutes[1]) if minutes else None,
        "network_settings": _network(inner),
        "enable_node_public_ip": inner.get("enableNodePublicIp"),
        "enable_sso": inner.get("enableSSO"),
        "enable_root_access": inner.get("enableRootAccess"),
        "release_quota_on_stop": inner.get("releaseQuotaOnStop"),
        "enable_os_patching": inner.get("enableOSPatching"),
        "ssh_public_access_enabled": _enabled(ssh.get("sshPublicAccess")),
        "os_image_metadata": _snake(inner.get("osImageMetadata")),
        "id": resource.get("id"),
        "resourceGroup": group[1] if group else None,
    }
    return without_none(made)


def _network(inner: Mapping[str, Any]) -> Json | None:
    addresses = inner.get("connectivityEndpoints") or {}
    shown = {
        "subnet": (inner.get("subnet") or {}).get("id"),
        "public_ip_address": addresses.get("publicIpAddress"),
        "private_ip_address": addresses.get("privateIpAddress"),
    }
    return without_none(shown) or None


def _schedules(inner: Mapping[str, Any]) -> Json | None:
    entries = (inner.get("schedules") or {}).get("computeStartStop")
    return {"compute_start_stop": [_schedule(each) for each in entries]} if entries else None


def _schedule(entry: Mapping[str, Any]) -> Json:
    kind = _lower(entry.get("triggerType"))
    timing = entry.get(str(kind)) or {}
    pattern = _snake(timing.get("schedule")) or {}
    days = [_lower(day) for day in pattern.get("week_days") or []]
    trigger = {
        "type": kind,
        "start_time": timing.get("startTime"),
        "time_zone": timing.get("timeZone"),
        "expression": timing.get("expression"),
        "frequency": _lower(timing.get("frequency")),
        "interval": timing.get("interval"),
        "schedule": without_none({**pattern, "week_days": days or None}) or None,
    }
    made = {
        "action": _lower(entry.get("action")),
        "state": _lower(entry.get("status")),
        "trigger": without_none(trigger),
        "schedule_id": entry.get("id"),
        "provisioning_state": entry.get("provisioningStatus"),
        "next_fire_time": entry.get("nextFireTime"),
        "last_firing": _snake(entry.get("lastFiring")),
    }
    return without_none(made)


def _lower(word: Any) -> str | None:
    return str(word).lower() if word is not None else None


def origin_of(resource: Mapping[str, Any]) -> str | None:
    """`https://host:port` of an instance, from its applications' URLs."""
    applications = resource["properties"]["properties"].get("applications") or []
    for application in applications:
        parts = urlsplit(str(application.get("endpointUri") or ""))
        if parts.hostname:
            return f"{parts.scheme}://{parts.netloc}"
    return None


def _enabled(access: object) -> bool | None:
    return {"enabled": True, "disabled": False}.get(str(access).lower())


def _assigned_user(inner: Mapping[str, Any]) -> Json | None:
    user = (inner.get("personalComputeInstanceSettings") or {}).get("assignedUser")
    if not user:
        return None
    return {"user_object_id": user.get("objectId"), "user_tenant_id": user.get("tenantId")}


def _errors(errors: Any) -> list[Json] | None:
    if not errors:
        return None
    found = [one.get("error", one) for one in errors]
    return [{"code": one.get("code"), "message": one.get("message")} for one in found]


def _snake(value: Any) -> Any:
    """`value` with the keys of its objects in snake_case, as Azure's client shows them."""
    if isinstance(value, list):
        return [_snake(one) for one in value] or None
    if isinstance(value, Mapping):
        return {
            re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", key).lower(): _snake(one)
            for key, one in value.items()
        }
    return value
