"""A table of requests that must be refused: each with its status, code and target, and none with
any effect.

Before and after each, everything in the database is compared but the activity log (which records
refusals too) and the instant at which a token was last used.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from tests.support.api import SUBSCRIPTION, VERSION, Api, a_body, open_api
from tests.support.values import a_workspace

BIG = 5 * 1024 * 1024
INNER = "properties.properties"
JSON = {"Content-Type": "application/json"}
WHO = "33333333-3333-3333-3333-333333333333"


@dataclass(frozen=True)
class Bad:
    """One request and its refusal.

    :param path: below the workspace, unless it begins with a slash; `{region}` is a region's path.
    :param target: what the error names; None where that is not part of the promise.
    """

    why: str
    method: str
    path: str
    status: int
    code: str
    target: str | None = None
    who: str | None = "ann"
    version: str | None = VERSION
    body: Any = None
    content: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)


def create(why: str, code: str, target: str | None, *, status: int = 400, **changes: Any) -> Bad:
    """PUT of a new instance, with the SDK's body changed."""
    return Bad(why, "PUT", "computes/new-ci", status, code, target, body=a_body(**changes))


def named(why: str, name: str, status: int = 400, code: str = "InvalidParameter") -> Bad:
    """PUT of a new instance of that name."""
    target = "name" if code == "InvalidParameter" else None
    return Bad(why, "PUT", f"computes/{name}", status, code, target, body=a_body())


def unsupported(field_name: str, value: Any) -> Bad:
    """PUT that asks for what this version does not do."""
    target = f"{INNER}.{field_name}"
    return create(f"{field_name} unsupported", "UnsupportedFeature", target, **{field_name: value})


def raw(why: str, content: bytes, code: str = "InvalidRequestContent", **changes: Any) -> Bad:
    """PUT of a new instance with these bytes as its body."""
    values: dict[str, Any] = {"headers": JSON, "status": 400, "target": None} | changes
    return Bad(why, "PUT", "computes/new-ci", code=code, content=content, **values)


def versioned(why: str, version: str | None, code: str = "InvalidApiVersionParameter") -> Bad:
    """GET with that api-version."""
    return Bad(why, "GET", "computes/taken", 400, code, "api-version", version=version)


LONG = "x" * 3000
DEEP = b'{"properties":' * 200 + b"1" + b"}" * 200

NAMES = [
    named("name too short", "ab"),
    named("name too long", "a" * 25),
    named("name begins with a digit", "1abc"),
    named("name begins with a hyphen", "-abc"),
    named("name ends with a hyphen", "abc-"),
    named("name with an underscore", "my_ci"),
    named("name with a dot", "my.ci"),
    named("name with a space", "my%20ci"),
    named("name in another script", "m%C3%BCller"),
    named("name that only looks like letters", "%D0%B0lice"),
    named("name with a quote", "ci'--1"),
    named("name with a shell's words", "ci;reboot"),
    named("name taken in the region", "ELSEWHERE", 409, "Conflict"),
    named("name with NUL", "ci%00x", code="InvalidRequestUri"),
    named("name with a line break", "ci%0Ax", code="InvalidRequestUri"),
    named("name that is not UTF-8", "ci%FF%FE", code="InvalidRequestUri"),
    named("name with an encoded slash", "ci%2Fx", code="InvalidRequestUri"),
    named("name encoded twice", "ci%252Fx", code="InvalidRequestUri"),
    named("name with a backslash", "ci%5Cx", code="InvalidRequestUri"),
    named("a very long name", LONG, code="InvalidRequestUri"),
]

PATHS = [
    Bad("dot segments", "GET", "computes/%2E%2E/%2E%2E", 400, "InvalidRequestUri"),
    Bad(
        "dots to another workspace",
        "DELETE",
        "%2E%2E/ws2/computes/elsewhere",
        400,
        "InvalidRequestUri",
    ),
    Bad("a dot segment", "GET", "computes/%2e/taken", 400, "InvalidRequestUri"),
    Bad("an empty segment", "GET", "computes//taken", 400, "InvalidRequestUri"),
    Bad("an over-long query", "GET", f"computes?x={'y' * 17_000}", 400, "InvalidRequestUri"),
    Bad("unknown resource type", "GET", "gpus/taken", 404, "InvalidResourceType"),
    Bad("unknown action", "POST", "computes/taken/explode", 404, "InvalidResourceType"),
    Bad("unknown root", "GET", "/nothing/here", 404, "ResourceNotFound"),
    Bad("wrong method on an item", "POST", "computes/taken", 405, "MethodNotAllowed"),
    Bad("wrong method on a list", "DELETE", "computes", 405, "MethodNotAllowed"),
    Bad("wrong method on an action", "GET", "computes/taken/start", 405, "MethodNotAllowed"),
    Bad("an odd method", "BREW", "computes/taken", 405, "MethodNotAllowed"),
]

VERSIONS = [
    versioned("no api-version", None, "MissingApiVersionParameter"),
    versioned("empty api-version", "", "MissingApiVersionParameter"),
    versioned("api-version in words", "latest"),
    versioned("api-version of no calendar", "2023-02-30"),
    versioned("api-version before the floor", "2020-06-01"),
    versioned("api-version of years to come", "2099-01-01"),
    versioned("api-version with a strange suffix", "2023-08-01-final"),
    versioned("api-version with a trailing line", "2023-08-01\n"),
    Bad(
        "two api-versions",
        "GET",
        "computes/taken?api-version=2023-04-01&api-version=2022-10-01",
        400,
        "InvalidApiVersionParameter",
        "api-version",
        version=None,
    ),
]

BODIES = [
    raw("no body", b""),
    raw("not JSON", b"{'single': 'quotes'}"),
    raw("cut off", b'{"location": "local"'),
    raw("not UTF-8", b'{"location": "\xff"}'),
    raw("NaN", b'{"location": NaN}'),
    raw("a NUL in a text", b'{"location": "lo\\u0000cal"}'),
    raw("half a surrogate", b'{"location": "\\ud800"}'),
    raw("a list", b"[]"),
    raw("a text", b'"hello"'),
    raw("null", b"null"),
    raw("nested too deeply", DEEP),
    raw("nested beyond the parser", b"[" * 100_000),
    raw("too large", b" " * BIG, "RequestEntityTooLarge", status=413),
    raw("a text too long", b'{"location": "' + b"x" * 70_000 + b'"}'),
    raw("too many values", b"[" + b"1," * 150_000 + b"1]"),
    raw("another name in the body", b'{"name": "other", "properties": {}}', "InvalidParameter",
        target="name"),
    raw("a number too long", b'{"location": ' + b"9" * 5000 + b"}"),
    raw("no content type", b"{}", "UnsupportedMediaType", status=415, headers={}),
    raw("a form", b"a=b", "UnsupportedMediaType", status=415,
        headers={"Content-Type": "application/x-www-form-urlencoded"}),
    raw("XML", b"<a/>", "UnsupportedMediaType", status=415,
        headers={"Content-Type": "text/xml"}),
    raw("an empty object", b"{}", "InvalidParameter", target="properties"),
    raw("properties null", b'{"properties": null}', "InvalidParameter", target="properties"),
    raw("properties a text", b'{"properties": "x"}', "InvalidParameter", target="properties"),
    raw("no compute type", b'{"properties": {}}', "InvalidParameter",
        target="properties.computeType"),
    raw("no size", b'{"properties": {"computeType": "ComputeInstance"}}', "InvalidParameter",
        target=f"{INNER}.vmSize"),
]  # fmt: skip

VALUES = [
    create("unknown size", "InvalidParameter", f"{INNER}.vmSize", vmSize="Standard_DS3v2"),
    create("empty size", "InvalidParameter", f"{INNER}.vmSize", vmSize=""),
    create("size a number", "InvalidParameter", f"{INNER}.vmSize", vmSize=4),
    create("size a list", "InvalidParameter", f"{INNER}.vmSize", vmSize=["Standard_DS3_v2"]),
    create("size a path", "InvalidParameter", f"{INNER}.vmSize", vmSize="../../etc/passwd"),
    create("unknown field inside", "InvalidParameter", f"{INNER}.foo", foo=1),
    create("misspelt field", "InvalidParameter", f"{INNER}.vmsize", vmsize="Standard_DS3_v2"),
    create("unknown field in properties", "InvalidParameter", "properties.foo", outer={"foo": 1}),
    create("unknown enum", "InvalidParameter", f"{INNER}.applicationSharingPolicy",
           applicationSharingPolicy="Everybody"),
    create("unknown authorization type", "InvalidParameter",
           f"{INNER}.computeInstanceAuthorizationType", computeInstanceAuthorizationType="team"),
    create("a word for a boolean", "InvalidParameter", f"{INNER}.enableSSO", enableSSO="true"),
    create("a number for a boolean", "InvalidParameter", f"{INNER}.enableRootAccess",
           enableRootAccess=1),
    create("unknown SSH access", "InvalidParameter", f"{INNER}.sshSettings.sshPublicAccess",
           sshSettings={"sshPublicAccess": "Perhaps"}),
    create("unknown field of SSH", "InvalidParameter", f"{INNER}.sshSettings.port",
           sshSettings={"port": 22}),
    create("other region", "LocationNotAvailableForResourceType", "location", location="mars"),
    create("two regions", "InvalidParameter", "properties.computeLocation",
           outer={"computeLocation": "mars"}),
    create("region a number", "InvalidParameter", "location", location=1),
    create("no such compute type", "InvalidParameter", "properties.computeType",
           outer={"computeType": "Typewriter"}),
    create("description too long", "InvalidParameter", "properties.description",
           outer={"description": "x" * 5000}),
    create("tags a list", "InvalidParameter", "tags", tags=["a"]),
    create("a tag a number", "InvalidParameter", "tags.a", tags={"a": 1}),
    create("a tag's name forbidden", "InvalidParameter", "tags", tags={"a<b": "c"}),
    create("a tag's value too long", "InvalidParameter", "tags", tags={"a": "x" * 257}),
    create("too many tags", "InvalidParameter", "tags", tags={f"t{i}": "" for i in range(51)}),
    create("unknown assigned user", "InvalidParameter",
           f"{INNER}.personalComputeInstanceSettings.assignedUser.objectId",
           personalComputeInstanceSettings={"assignedUser": {"objectId": WHO}}),
    create("assigned user of another tenant", "InvalidParameter",
           f"{INNER}.personalComputeInstanceSettings.assignedUser.tenantId",
           personalComputeInstanceSettings={"assignedUser": {"objectId": WHO, "tenantId": WHO}}),
    create("assigned user without id", "InvalidParameter",
           f"{INNER}.personalComputeInstanceSettings.assignedUser.objectId",
           personalComputeInstanceSettings={"assignedUser": {}}),
    create("an empty idle time", "InvalidParameter", f"{INNER}.idleTimeBeforeShutdown",
           idleTimeBeforeShutdown=""),
    create("an idle time in words", "InvalidParameter", f"{INNER}.idleTimeBeforeShutdown",
           idleTimeBeforeShutdown="30 minutes"),
    create("an idle time too short", "InvalidParameter", f"{INNER}.idleTimeBeforeShutdown",
           idleTimeBeforeShutdown="PT14M"),
    create("an idle time too long", "InvalidParameter", f"{INNER}.idleTimeBeforeShutdown",
           idleTimeBeforeShutdown="P3DT1M"),
    create("an idle time of years", "InvalidParameter", f"{INNER}.idleTimeBeforeShutdown",
           idleTimeBeforeShutdown="PT" + "9" * 400 + "M"),
    create("an idle time a number", "InvalidParameter", f"{INNER}.idleTimeBeforeShutdown",
           idleTimeBeforeShutdown=30),
    create("no subnet's id", "InvalidParameter", f"{INNER}.subnet.id",
           subnet={"id": "/subscriptions/s/.../subnets/sn1"}),
    create("a subnet's number", "InvalidParameter", f"{INNER}.subnet.id", subnet={"id": 7}),
]  # fmt: skip

UNSUPPORTED = [
    unsupported("setupScripts", {"scripts": {"startupScript": {"scriptData": "x"}}}),
    unsupported("customServices", [{"name": "rstudio", "docker": {"privileged": True}}]),
    unsupported("enableSSO", False),
    unsupported("enableRootAccess", False),
    unsupported("enableOSPatching", True),
    unsupported("releaseQuotaOnStop", True),
    unsupported("dataMounts", [{"source": "a"}]),
    create("SSH", "UnsupportedFeature", f"{INNER}.sshSettings.sshPublicAccess",
           sshSettings={"sshPublicAccess": "enabled"}),
    create("an SSH key", "UnsupportedFeature", f"{INNER}.sshSettings.adminPublicKey",
           sshSettings={"adminPublicKey": "ssh-ed25519 AAAA"}),
    create("a managed identity", "UnsupportedFeature", "identity",
           identity={"type": "SystemAssigned"}),
    create("a SKU", "UnsupportedFeature", "sku", sku={"name": "S1"}),
    create("a cluster", "UnsupportedFeature", "properties.computeType",
           outer={"computeType": "amlcompute"}),
    create("an attached machine", "UnsupportedFeature", "properties.resourceId",
           outer={"resourceId": "/subscriptions/x"}),
    Bad("detach", "DELETE", "computes/taken?underlyingResourceAction=Detach", 400,
        "UnsupportedFeature", "underlyingResourceAction"),
    Bad("a resize to nothing", "POST", "computes/taken/resize", 400, "InvalidParameter",
        "targetVMSize", body={}),
    Bad("a resize to an unknown size", "POST", "computes/taken/resize", 400, "InvalidParameter",
        "targetVMSize", body={"targetVMSize": "Standard_None"}),
    Bad("a resize with an unknown field", "POST", "computes/taken/resize", 400,
        "InvalidParameter", "size", body={"size": "Standard_DS4_v2"}),
    Bad("a disk of no size", "POST", "computes/taken/resize", 400, "InvalidParameter",
        "homeDiskSizeGiB", body={"homeDiskSizeGiB": 0}),
    Bad("a disk larger than any", "POST", "computes/taken/resize", 400, "InvalidParameter",
        "rootDiskSizeGiB", body={"rootDiskSizeGiB": 65537}),
    Bad("a disk of half a GiB", "POST", "computes/taken/resize", 400, "InvalidParameter",
        "rootDiskSizeGiB", body={"rootDiskSizeGiB": 0.5}),
    Bad("a disk that shrinks", "POST", "computes/taken/resize", 400, "InvalidParameter",
        "homeDiskSizeGiB", body={"homeDiskSizeGiB": 119}),
    Bad("a resize of nothing there", "POST", "computes/nobody/resize", 404, "ResourceNotFound",
        "nobody", body={"targetVMSize": "Standard_DS4_v2"}),
    Bad("a resize of one that is being created", "POST", "computes/coming/resize", 409, "Conflict",
        "coming", body={"targetVMSize": "Standard_DS4_v2"}),
    create("a disk of a negative size", "InvalidParameter", f"{INNER}.homeDiskSizeGiB",
           homeDiskSizeGiB=-1),
    Bad("a filter", "GET", "computes?$filter=name eq 'x'", 400, "UnsupportedFeature", "$filter"),
]  # fmt: skip

EXISTING = [
    Bad("another size", "PUT", "computes/taken", 409, "PropertyChangeNotAllowed",
        f"{INNER}.vmSize", body=a_body(vmSize="Standard_DS4_v2")),
    Bad("another sharing policy", "PUT", "computes/taken", 409, "PropertyChangeNotAllowed",
        f"{INNER}.applicationSharingPolicy", body=a_body(applicationSharingPolicy="Personal")),
    Bad("another assigned user", "PUT", "computes/taken", 409, "PropertyChangeNotAllowed",
        f"{INNER}.personalComputeInstanceSettings.assignedUser.objectId",
        body=a_body(personalComputeInstanceSettings={"assignedUser": {"objectId": WHO}})),
    Bad("a patch of the size", "PATCH", "computes/taken", 409, "PropertyChangeNotAllowed",
        f"{INNER}.vmSize", body={"properties": {"properties": {"vmSize": "Standard_D2_v2"}}}),
    Bad("a patch of nothing there", "PATCH", "computes/nobody", 404, "ResourceNotFound", "nobody",
        body={"tags": {}}),
    Bad("a patch with an unknown field", "PATCH", "computes/taken", 400, "InvalidParameter", "foo",
        body={"foo": 1}),
    Bad("a change while it is deleted", "PUT", "computes/going", 409, "Conflict", "going",
        body=a_body(tags={"a": "b"})),
    Bad("an idle time too short by a patch", "PATCH", "computes/taken", 400, "InvalidParameter",
        f"{INNER}.idleTimeBeforeShutdown",
        body={"properties": {"properties": {"idleTimeBeforeShutdown": "PT1M"}}}),
    Bad("an idle time too short by its action", "POST",
        "computes/taken/updateIdleShutdownSetting", 400, "InvalidParameter",
        "idleTimeBeforeShutdown", body={"idleTimeBeforeShutdown": "PT1M"}),
    Bad("another field of the idle time's action", "POST",
        "computes/taken/updateIdleShutdownSetting", 400, "InvalidParameter", "idleTime",
        body={"idleTime": "PT30M"}),
    Bad("no body for the idle time's action", "POST", "computes/taken/updateIdleShutdownSetting",
        415, "UnsupportedMediaType"),
    Bad("an idle time for nothing there", "POST", "computes/nobody/updateIdleShutdownSetting",
        404, "ResourceNotFound", "nobody", body={"idleTimeBeforeShutdown": "PT30M"}),
    Bad("an idle time while it is deleted", "POST", "computes/going/updateIdleShutdownSetting",
        409, "Conflict", "going", body={"idleTimeBeforeShutdown": "PT30M"}),
    Bad("an idle time of a stale version", "POST", "computes/taken/updateIdleShutdownSetting",
        412, "PreconditionFailed", "If-Match", body={"idleTimeBeforeShutdown": "PT30M"},
        headers={"If-Match": '"old"'}),
    Bad("an idle time by who only reads", "POST", "computes/taken/updateIdleShutdownSetting",
        403, "AuthorizationFailed", who="rea", body={"idleTimeBeforeShutdown": "PT30M"}),
    Bad("a start while it is deleted", "POST", "computes/going/start", 409, "Conflict", "going"),
    Bad("a stop while it is created", "POST", "computes/coming/stop", 409, "Conflict", "coming"),
    Bad("a stale If-Match", "PATCH", "computes/taken", 412, "PreconditionFailed", "If-Match",
        body={"tags": {"a": "b"}}, headers={"If-Match": '"0123"'}),
    Bad("If-Match on nothing", "PUT", "computes/new-ci", 412, "PreconditionFailed", "If-Match",
        body=a_body(), headers={"If-Match": "*"}),
    Bad("If-None-Match on something", "PUT", "computes/taken", 412, "PreconditionFailed",
        "If-None-Match", body=a_body(), headers={"If-None-Match": "*"}),
    Bad("an empty If-Match", "DELETE", "computes/taken", 400, "InvalidParameter", "if-match",
        headers={"If-Match": ""}),
    Bad("a stale delete", "DELETE", "computes/taken", 412, "PreconditionFailed", "If-Match",
        headers={"If-Match": '"old"'}),
    Bad("a delete in another way", "DELETE", "computes/taken?underlyingResourceAction=Burn", 400,
        "InvalidParameter", "underlyingResourceAction"),
]  # fmt: skip

PLACES = [
    Bad("no such compute", "GET", "computes/nobody", 404, "ResourceNotFound", "nobody"),
    Bad("start of no such compute", "POST", "computes/nobody/start", 404, "ResourceNotFound"),
    Bad("nodes of no such compute", "POST", "computes/nobody/listNodes", 404, "ResourceNotFound"),
    Bad("an impossible compute", "GET", "computes/'; drop table", 404, "ResourceNotFound"),
    Bad("logs of no such compute", "GET", "computes/nobody/logs", 404, "ResourceNotFound"),
    Bad("no such log", "GET", "computes/taken/logs/shadow", 404, "ResourceNotFound", "shadow"),
    Bad("a negative tail", "GET", "computes/taken/logs/agent?tail=-1", 400, "InvalidParameter",
        "tail"),
    Bad("compute of another workspace", "GET", "computes/elsewhere", 404, "ResourceNotFound"),
    Bad("unknown workspace", "PUT", "/{group}/workspaces/nope/computes/new-ci", 404,
        "ResourceNotFound", "nope", body=a_body()),
    Bad("delete in an unknown workspace", "DELETE", "/{group}/workspaces/nope/computes/x-1", 404,
        "ResourceNotFound", "nope"),
    Bad("unknown group", "GET", "/{other group}/workspaces/ws1/computes", 404, "ResourceNotFound"),
    Bad("unknown operation", "GET", "/{region}/computeOperationsStatus/abc", 404,
        "ResourceNotFound", "id"),
    Bad("unknown result", "GET", f"/{{region}}/computeOperationResults/{WHO}", 404,
        "ResourceNotFound", "id"),
    Bad("sizes of no region", "GET", "/{mars}/vmSizes", 400,
        "LocationNotAvailableForResourceType", "location"),
    Bad("quota of an unknown family", "POST", "/{region}/updateQuotas", 400, "InvalidParameter",
        "value.1.id", body={"value": [{"id": "/x/quotas/standardDSv2Family", "limit": 1},
                                      {"id": "standardXFamily", "limit": 1}]}),
    Bad("a negative quota", "POST", "/{region}/updateQuotas", 400, "InvalidParameter",
        "value.0.limit", body={"value": [{"id": "standardDSv2Family", "limit": -1}]}),
    Bad("a name check without a name", "POST", "checkComputeNameAvailability", 400,
        "InvalidParameter", "name", body={}),
]  # fmt: skip

LISTED = "computeStartStop"


def timed(
    why: str, field_name: str, body: dict[str, Any] | list[Any], *, target: str | None = None
) -> Bad:
    """PUT with one schedule whose `field_name` is wrong; a list stands for all schedules."""
    path = f"{INNER}.schedules.{LISTED}"
    all_of_them = body if isinstance(body, list) else [{"action": "Stop", **body}]
    return create(
        why, "InvalidParameter", target or f"{path}.0.{field_name}",
        schedules={LISTED: all_of_them},
    )  # fmt: skip


def cron(why: str, field_name: str, **changes: Any) -> Bad:
    values = {"expression": "0 18 * * *", "timeZone": "UTC", **changes}
    said = {key: value for key, value in values.items() if value is not ...}
    return timed(why, f"cron.{field_name}", {"triggerType": "Cron", "cron": said})


def recurring(why: str, field_name: str, **changes: Any) -> Bad:
    values = {"frequency": "Day", "interval": 1, "timeZone": "UTC", **changes}
    said = {key: value for key, value in values.items() if value is not ...}
    body = {"triggerType": "Recurrence", "recurrence": said}
    return timed(why, f"recurrence.{field_name}".rstrip("."), body)


A_CRON = {"triggerType": "Cron", "cron": {"expression": "0 18 * * *"}}
SIX = {"action": "Stop", **A_CRON}

SCHEDULES = [
    create("schedules a list", "InvalidParameter", f"{INNER}.schedules", schedules=[]),
    create("schedules of another kind", "InvalidParameter", f"{INNER}.schedules.startStop",
           schedules={"startStop": []}),
    create("schedules no list", "InvalidParameter", f"{INNER}.schedules.{LISTED}",
           schedules={LISTED: {}}),
    timed("eleven schedules", "", [SIX] * 11, target=f"{INNER}.schedules.{LISTED}"),
    timed("one schedule twice", "", [{**SIX, "id": "a"}, {**SIX, "id": "a"}],
          target=f"{INNER}.schedules.{LISTED}.1.id"),
    timed("a schedule a text", "", ["18:00"], target=f"{INNER}.schedules.{LISTED}.0"),
    timed("no action", "", [A_CRON], target=f"{INNER}.schedules.{LISTED}.0.action"),
    timed("an unknown action", "action", {**A_CRON, "action": "Burn"}),
    timed("an unknown status", "status", {**A_CRON, "status": "Perhaps"}),
    timed("no trigger type", "triggerType", {}),
    timed("an unknown trigger type", "triggerType", {**A_CRON, "triggerType": "Moon"}),
    timed("an unknown field of a schedule", "foo", {**A_CRON, "foo": 1}),
    timed("a cron trigger without cron", "cron", {"triggerType": "Cron"}),
    timed("a recurrence without one", "recurrence", {"triggerType": "Recurrence", "cron": None}),
    cron("no expression", "expression", expression=...),
    cron("an empty expression", "expression", expression=""),
    cron("an expression of four fields", "expression", expression="0 18 * *"),
    cron("an expression with seconds", "expression", expression="0 0 18 * * *"),
    cron("an expression in words", "expression", expression="every day at six o'clock"),
    cron("an hour of no clock", "expression", expression="0 25 * * *"),
    cron("a very long expression", "expression", expression="1," * 2000),
    cron("an expression a number", "expression", expression=18),
    cron("a time zone of no place", "timeZone", timeZone="Mars Standard Time"),
    cron("a time zone a path", "timeZone", timeZone="../../etc/passwd"),
    cron("a time zone a number", "timeZone", timeZone=9),
    cron("a start in words", "startTime", startTime="tomorrow"),
    cron("a start of no calendar", "startTime", startTime="2026-02-30T08:00:00"),
    cron("a start in the last year of all", "startTime", startTime="9999-12-31T23:59:59"),
    cron("an end, which computes have not", "endTime", endTime="2026-02-03T08:00:00"),
    recurring("no frequency", "frequency", frequency=...),
    recurring("an unknown frequency", "frequency", frequency="Year"),
    recurring("no interval", "interval", interval=...),
    recurring("an interval of nothing", "interval", interval=0),
    recurring("a negative interval", "interval", interval=-1),
    recurring("an interval too long", "interval", interval=501),
    recurring("an interval in words", "interval", interval="1"),
    recurring("an hour too late", "schedule.hours.1", schedule={"hours": [8, 24]}),
    recurring("an hour of a half", "schedule.hours.0", schedule={"hours": [8.5]}),
    recurring("a minute too many", "schedule.minutes.0", schedule={"minutes": [60]}),
    recurring("a negative minute", "schedule.minutes.0", schedule={"minutes": [-1]}),
    recurring("an unknown weekday", "schedule.weekDays.0", schedule={"weekDays": ["Payday"]}),
    recurring("a day of month by the day", "schedule.monthDays", schedule={"monthDays": [1]}),
    recurring("a day of month too large", "schedule.monthDays.0", frequency="Month",
              schedule={"monthDays": [32]}),
    recurring("days of week and month", "schedule.monthDays", frequency="Month",
              schedule={"monthDays": [1], "weekDays": ["Monday"]}),
    recurring("hours by the hour", "schedule.hours", frequency="Hour", schedule={"hours": [8]}),
    recurring("an unknown field of a pattern", "schedule.seconds", schedule={"seconds": [1]}),
    timed("one that never comes", "", [{**SIX, "cron": {"expression": "0 0 30 2 1"}}],
          target=f"{INNER}.schedules.{LISTED}.0"),
    Bad("an update without schedules", "POST", "computes/taken/updateSchedules", 400,
        "InvalidParameter", LISTED, body={}),
    Bad("an update with a bad schedule", "POST", "computes/taken/updateSchedules", 400,
        "InvalidParameter", f"{LISTED}.0.cron.expression",
        body={LISTED: [{**SIX, "cron": {"expression": "x"}}]}),
    Bad("an update of nothing there", "POST", "computes/nobody/updateSchedules", 404,
        "ResourceNotFound", "nobody", body={LISTED: [SIX]}),
    Bad("an update of one that is deleted", "POST", "computes/going/updateSchedules", 409,
        "Conflict", "going", body={LISTED: [SIX]}),
    Bad("a stale update", "POST", "computes/taken/updateSchedules", 412, "PreconditionFailed",
        "If-Match", body={LISTED: [SIX]}, headers={"If-Match": '"old"'}),
    Bad("an update by a reader", "POST", "computes/taken/updateSchedules", 403,
        "AuthorizationFailed", who="rea", body={LISTED: [SIX]}),
    Bad("a patch with a bad schedule", "PATCH", "computes/taken", 400, "InvalidParameter",
        f"{INNER}.schedules.{LISTED}.0.action",
        body={"properties": {"properties": {"schedules": {LISTED: [{**SIX, "action": "x"}]}}}}),
]  # fmt: skip

SNAPSHOTS = [
    Bad("a snapshot of a wrong name", "PUT", "computes/taken/snapshots/Friday", 400,
        "InvalidParameter", "name"),
    Bad("a snapshot of a long name", "PUT", f"computes/taken/snapshots/{'a' * 33}", 400,
        "InvalidParameter", "name"),
    Bad("a snapshot called as a copy's", "PUT", "computes/taken/snapshots/ci-0123456789abcdef",
        400, "InvalidParameter", "name"),
    Bad("a snapshot of a name that ends in a dash", "PUT", "computes/taken/snapshots/a-", 400,
        "InvalidParameter", "name"),
    Bad("a snapshot with an unknown field", "PUT", "computes/taken/snapshots/a", 400,
        "InvalidParameter", "when", body={"when": "now"}),
    Bad("a snapshot named twice", "PUT", "computes/taken/snapshots/a", 400, "InvalidParameter",
        "name", body={"name": "b"}),
    Bad("a snapshot with half a body", "PUT", "computes/taken/snapshots/a", 400,
        "InvalidRequestContent", content=b"{", headers=JSON),
    Bad("a snapshot of nothing there", "PUT", "computes/nobody/snapshots/a", 404,
        "ResourceNotFound", "nobody"),
    Bad("a snapshot of one that is being created", "PUT", "computes/coming/snapshots/a", 409,
        "Conflict", "coming"),
    Bad("no such snapshot", "GET", "computes/taken/snapshots/a", 404, "ResourceNotFound", "a"),
    Bad("snapshots of nothing there", "GET", "computes/nobody/snapshots", 404,
        "ResourceNotFound", "nobody"),
    Bad("a restore of no such snapshot", "POST", "computes/taken/snapshots/a/restore", 404,
        "ResourceNotFound", "a"),
    Bad("a reimage of nothing there", "POST", "computes/nobody/reimage", 404, "ResourceNotFound",
        "nobody"),
    Bad("a reimage of one that is being created", "POST", "computes/coming/reimage", 409,
        "Conflict", "coming"),
    Bad("a clone without a name", "POST", "computes/taken/clone", 400, "InvalidParameter", "name",
        body={}),
    Bad("a clone of a wrong name", "POST", "computes/taken/clone", 400, "InvalidParameter", "name",
        body={"name": "9/../x"}),
    Bad("a clone of a name in use", "POST", "computes/taken/clone", 409, "Conflict", "name",
        body={"name": "Coming"}),
    Bad("a clone of itself", "POST", "computes/taken/clone", 409, "Conflict", "name",
        body={"name": "taken"}),
    Bad("a clone of an unknown size", "POST", "computes/taken/clone", 400, "InvalidParameter",
        "targetVMSize", body={"name": "new-ci", "targetVMSize": "Standard_None"}),
    Bad("a clone with an unknown field", "POST", "computes/taken/clone", 400, "InvalidParameter",
        "size", body={"name": "new-ci", "size": "Standard_DS4_v2"}),
    Bad("a clone of nothing there", "POST", "computes/nobody/clone", 404, "ResourceNotFound",
        "nobody", body={"name": "new-ci"}),
    Bad("a clone of one that is being created", "POST", "computes/coming/clone", 409, "Conflict",
        "coming", body={"name": "new-ci"}),
    Bad("a reader keeping", "PUT", "computes/taken/snapshots/a", 403, "AuthorizationFailed",
        who="rea"),
    Bad("a reader going back", "POST", "computes/taken/snapshots/a/restore", 403,
        "AuthorizationFailed", who="rea"),
    Bad("a data scientist going back on another's", "POST", "computes/taken/snapshots/a/restore",
        403, "AuthorizationFailed", "taken", who="dan"),
    Bad("a data scientist reimaging another's", "POST", "computes/taken/reimage", 403,
        "AuthorizationFailed", "taken", who="dan"),
    Bad("a data scientist cloning another's", "POST", "computes/taken/clone", 403,
        "AuthorizationFailed", who="dan", body={"name": "new-ci"}),
    Bad("a reader cloning", "POST", "computes/taken/clone", 403, "AuthorizationFailed", who="rea",
        body={"name": "new-ci"}),
    Bad("no role, cloning", "POST", "computes/taken/clone", 403, "AuthorizationFailed", who="eve",
        content=b"{", headers=JSON),
]  # fmt: skip

PAGES = [
    Bad("$top of zero", "GET", "computes?$top=0", 400, "InvalidParameter", "$top"),
    Bad("$top below zero", "GET", "computes?$top=-5", 400, "InvalidParameter", "$top"),
    Bad("$top too large", "GET", "computes?$top=100000", 400, "InvalidParameter", "$top"),
    Bad("$top in words", "GET", "computes?$top=all", 400, "InvalidParameter", "$top"),
    Bad("$top in other digits", "GET", "computes?$top=%D9%A3", 400, "InvalidParameter", "$top"),
    Bad("a token of nobody's", "GET", "computes?$skipToken=abc", 400, "InvalidParameter",
        "$skipToken"),
    Bad("a token that is not base64", "GET", "computes?$skipToken=%C3%A9", 400,
        "InvalidParameter", "$skipToken"),
    Bad("an empty token", "GET", "computes?$skipToken=", 400, "InvalidParameter", "$skipToken"),
    Bad("a token of another list", "GET", "computes?$skipToken=CwVqf3mIaqh0YWtlbg==", 400,
        "InvalidParameter", "$skipToken"),
]  # fmt: skip

OTHERS = [
    Bad("nobody", "GET", "computes/taken", 401, "AuthenticationFailed", who=None),
    Bad("nobody creating", "PUT", "computes/new-ci", 401, "AuthenticationFailed", who=None,
        body=a_body()),
    Bad("a made-up token", "GET", "computes/taken", 401, "InvalidAuthenticationToken", who=None,
        headers={"Authorization": "Bearer slpat_" + "x" * 43}),
    Bad("another scheme", "GET", "computes/taken", 401, "InvalidAuthenticationToken", who=None,
        headers={"Authorization": "Basic YW5uOmFubg=="}),
    Bad("no role, reading", "GET", "computes/taken", 403, "AuthorizationFailed", who="eve"),
    Bad("no role, listing", "GET", "computes", 403, "AuthorizationFailed", who="eve"),
    Bad("no role, creating", "PUT", "computes/new-ci", 403, "AuthorizationFailed", who="eve",
        body=a_body()),
    Bad("no role, and no such compute", "GET", "computes/nobody", 403, "AuthorizationFailed",
        who="eve"),
    Bad("no role, and a bad body", "PUT", "computes/new-ci", 403, "AuthorizationFailed", who="eve",
        content=b"{", headers=JSON),
    Bad("a reader stopping", "POST", "computes/taken/stop", 403, "AuthorizationFailed", who="rea"),
    Bad("a reader deleting", "DELETE", "computes/taken", 403, "AuthorizationFailed", who="rea"),
    Bad("a reader changing", "PATCH", "computes/taken", 403, "AuthorizationFailed", who="rea",
        body={"tags": {}}),
    Bad("a reader and another's logs", "GET", "computes/taken/logs", 403, "AuthorizationFailed",
        who="rea"),
    Bad("a reader raising quota", "POST", "/{region}/updateQuotas", 403, "AuthorizationFailed",
        who="rea", body={"value": []}),
    Bad("a data scientist deleting another's", "DELETE", "computes/taken", 403,
        "AuthorizationFailed", who="dan"),
    Bad("a data scientist creating", "PUT", "computes/new-ci", 403, "AuthorizationFailed",
        who="dan", body=a_body()),
]  # fmt: skip

TABLE = [
    *NAMES,
    *PATHS,
    *VERSIONS,
    *BODIES,
    *VALUES,
    *UNSUPPORTED,
    *EXISTING,
    *PLACES,
    *SCHEDULES,
    *SNAPSHOTS,
    *PAGES,
    *OTHERS,
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def loaded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Api]:
    """One application for the whole table: that nothing changes is what the table asserts."""
    home: Path = tmp_path_factory.mktemp("bad")
    api = await open_api(home)
    await api.running("taken")
    await api.create("coming")
    await api.create("going")
    await api.call("DELETE", api.compute("going"))
    other = a_workspace(subscription=SUBSCRIPTION, resource_group="rg1", name="ws2")
    async with api.services.database.transaction() as tx:
        await tx.workspaces.add(other)
    made = await api.call("PUT", f"{other.arm_id}/computes/elsewhere", body=a_body())
    assert made.status_code == 201
    yield api
    await api.services.database.close()


def full_path(api: Api, path: str) -> str:
    provider = "providers/Microsoft.MachineLearningServices"
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups"
    for name, value in {
        "/{region}": api.location("").rstrip("/"),
        "/{mars}": api.location("", "mars").rstrip("/"),
        "/{group}": f"{group}/rg1/{provider}",
        "/{other group}": f"{group}/rg2/{provider}",
    }.items():
        if path.startswith(name):
            return value + path.removeprefix(name)
    return path if path.startswith("/") else f"{api.path}/{path}"


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.why.replace(" ", "-"))
@pytest.mark.asyncio(loop_scope="module")
async def test_refused_without_effect(loaded: Api, bad: Bad) -> None:
    before = await loaded.dump()
    reply = await loaded.call(
        bad.method,
        full_path(loaded, bad.path),
        who=bad.who,
        version=bad.version,
        body=bad.body,
        content=bad.content,
        headers=bad.headers,
    )
    assert reply.status_code == bad.status, reply.text[:500]
    error = reply.json()["error"]
    assert error["code"] == bad.code
    assert error["message"].strip()
    if bad.target is not None:
        assert error["target"] == bad.target
    assert reply.headers["x-ms-request-id"]
    assert reply.headers["x-ms-correlation-request-id"]
    assert reply.headers["x-ms-error-code"] == bad.code
    assert await loaded.dump() == before


def test_the_table_is_long_and_each_case_is_named_once() -> None:
    names = [bad.why for bad in TABLE]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.asyncio(loop_scope="module")
async def test_the_state_that_the_table_relies_on_is_still_there(loaded: Api) -> None:
    states = {name: await loaded.stored(name) for name in ("taken", "coming", "going", "new-ci")}
    assert {name: each and each.state.value for name, each in states.items()} == {
        "taken": "Running",
        "coming": "Creating",
        "going": "Deleting",
        "new-ci": None,
    }
