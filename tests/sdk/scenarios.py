"""What a person does with azure-ai-ml. Nothing here knows Studiolo: only the environment does.

Each function is one scenario; assertions are on what the SDK returns or raises.
"""

import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from azure.ai.ml import MLClient
from azure.ai.ml._vendor.azure_resources import ResourceManagementClient
from azure.ai.ml.constants import TimeZone
from azure.ai.ml.entities import (
    AssignedUserConfiguration,
    ComputeInstance,
    ComputePowerAction,
    ComputeSchedules,
    ComputeStartStopSchedule,
    CronTrigger,
    NetworkSettings,
    RecurrenceTrigger,
    ScheduleState,
    Workspace,
)
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.identity import ClientSecretCredential

SUBSCRIPTION = os.environ["AZURE_SUBSCRIPTION_ID"]
GROUP = "sdk-tests"
SIZE = "Standard_DS3_v2"


@cache
def credential():
    return ClientSecretCredential(
        os.environ["AZURE_TENANT_ID"],
        os.environ["AZURE_CLIENT_ID"],
        os.environ["AZURE_CLIENT_SECRET"],
        authority=os.environ["AZURE_AUTHORITY_HOST"],
        disable_instance_discovery=True,
    )


def client(workspace=None):
    return MLClient(
        credential(), SUBSCRIPTION, GROUP, workspace_name=workspace, enable_telemetry=False
    )


@cache
def resources():
    origin = os.environ["AZURE_AUTHORITY_HOST"]
    return ResourceManagementClient(
        credential(),
        SUBSCRIPTION,
        base_url=origin,
        api_version="2020-06-01",
        credential_scopes=[f"{origin}/.default"],
    )


@cache
def group():
    return resources().resource_groups.create_or_update(GROUP, {"location": "local"})


def in_workspace(name):
    """A client of a workspace that is there; one per scenario, so that they need no order."""
    group()
    client().workspaces.begin_create(Workspace(name=name, location="local")).result()
    return client(name)


@contextmanager
def refused(kind, code, *parts):
    """The block must raise `kind` with Azure's code, and a message that says these parts."""
    with pytest.raises(kind) as caught:
        yield
    error = caught.value
    assert error.error is not None, error
    assert error.error.code == code, (error.error.code, error.message)
    for part in parts:
        assert part.lower() in error.message.lower(), (part, error.message)


def workspaces():
    group()
    ml = client()
    wanted = Workspace(
        name="vision",
        location="local",
        display_name="Vision",
        description="Seeing",
        tags={"team": "a"},
    )
    made = ml.workspaces.begin_create(wanted).result()
    assert (made.name, made.location, made.resource_group) == ("vision", "local", GROUP)
    assert (made.display_name, made.description) == ("Vision", "Seeing")
    assert made.tags["team"] == "a"
    assert made.storage_account is None
    assert made.public_network_access == "Enabled"

    assert ml.workspaces.get("vision").id == made.id
    assert "vision" in [each.name for each in ml.workspaces.list()]
    assert "vision" in [each.name for each in ml.workspaces.list(scope="subscription")]

    made.description = "Seeing more"
    changed = ml.workspaces.begin_update(made).result()
    assert changed.description == "Seeing more"
    assert changed.display_name == "Vision"
    assert changed.tags["team"] == "a"

    # Creating it again is an update to the SDK.
    again = Workspace(name="vision", location="local", display_name="Again")
    assert ml.workspaces.begin_create(again).result().display_name == "Again"

    keys = ml.workspaces.get_keys("vision")
    assert keys.user_storage_key is None

    ml.workspaces.begin_delete("vision", delete_dependent_resources=False).result()
    with refused(ResourceNotFoundError, "ResourceNotFound", "vision"):
        ml.workspaces.get("vision")


def workspace_refusals():
    group()
    ml = client()
    with refused(HttpResponseError, "InvalidParameter", "publicNetworkAccess"):
        ml.workspaces.begin_create(
            Workspace(name="closed", location="local", public_network_access="Disabled")
        ).result()
    with refused(HttpResponseError, "LocationNotAvailableForResourceType", "mars"):
        ml.workspaces.begin_create(Workspace(name="far", location="mars")).result()
    with refused(HttpResponseError, "InvalidParameter", "workspace name"):
        ml.workspaces.begin_create(Workspace(name="-x", location="local")).result()
    with refused(ResourceNotFoundError, "ResourceNotFound"):
        ml.workspaces.get("nowhere")
    assert not {"closed", "far", "-x"} & {each.name for each in ml.workspaces.list()}


def compute_lifecycle():
    ml = in_workspace("lifecycle")
    made = ml.compute.begin_create_or_update(ComputeInstance(name="alice-ci", size=SIZE)).result()
    assert (made.name, made.type, made.provisioning_state) == (
        "alice-ci",
        "computeinstance",
        "Succeeded",
    )
    assert made.state == "Running"
    assert made.size.lower() == SIZE.lower()
    assert made.last_operation["operationName"] == "Create", made.last_operation
    assert made.os_image_metadata.is_latest_os_image_version, made.os_image_metadata
    names = {service["displayName"] for service in made.services}
    assert {"Jupyter", "Jupyter Lab", "Terminal"} <= names

    seen = ml.compute.get("alice-ci")
    assert (seen.id, seen.state) == (made.id, "Running")
    assert [each.name for each in ml.compute.list()] == ["alice-ci"]
    assert [each.name for each in ml.compute.list(compute_type="ComputeInstance")] == ["alice-ci"]

    ml.compute.begin_stop("alice-ci").result()
    assert ml.compute.get("alice-ci").state == "Stopped"
    ml.compute.begin_stop("alice-ci").result()
    ml.compute.begin_start("alice-ci").result()
    assert ml.compute.get("alice-ci").state == "Running"
    ml.compute.begin_restart("alice-ci").result()
    assert ml.compute.get("alice-ci").state == "Running"

    ml.compute.begin_delete("alice-ci").result()
    with refused(ResourceNotFoundError, "ResourceNotFound", "alice-ci"):
        ml.compute.get("alice-ci")
    assert list(ml.compute.list()) == []


def compute_update():
    ml = in_workspace("updates")
    wanted = ComputeInstance(name="tagged-ci", size=SIZE, description="one", tags={"a": "b"})
    made = ml.compute.begin_create_or_update(wanted).result()
    assert (made.description, made.tags) == ("one", {"a": "b"})
    made.tags = {"a": "c"}
    made.description = "two"
    changed = ml.compute.begin_update(made).result()
    assert (changed.description, changed.tags) == ("two", {"a": "c"})
    assert changed.state == "Running"
    made.size = "Standard_DS2_v2"
    with refused(HttpResponseError, "PropertyChangeNotAllowed", "vmSize"):
        ml.compute.begin_update(made).result()
    ml.compute.begin_delete("tagged-ci").result()


def compute_schedules():
    ml = in_workspace("schedules")
    soon = (datetime.now(UTC) + timedelta(seconds=20)).strftime("%Y-%m-%dT%H:%M:%S")
    stops = ComputeStartStopSchedule(
        action=ComputePowerAction.STOP,
        trigger=RecurrenceTrigger(frequency="day", interval=1, start_time=soon),
    )
    starts = ComputeStartStopSchedule(
        action=ComputePowerAction.START,
        state=ScheduleState.DISABLED,
        trigger=CronTrigger(expression="0 8 * * 1-5", time_zone=TimeZone.KOREA_STANDARD_TIME),
    )
    wanted = ComputeSchedules(compute_start_stop=[stops, starts])
    made = ml.compute.begin_create_or_update(
        ComputeInstance(name="timed-ci", size=SIZE, schedules=wanted)
    ).result()
    stop, start = made.schedules.compute_start_stop
    assert (stop.action, stop.state, stop.trigger.start_time) == ("Stop", "Enabled", soon)
    assert (start.action, start.state) == ("Start", "Disabled")
    assert start.trigger.time_zone == "Korea Standard Time"
    assert stop.schedule_id != start.schedule_id

    for _ in range(240):
        seen = ml.compute.get("timed-ci")
        if seen.state == "Stopped":
            break
        time.sleep(0.5)
    assert seen.state == "Stopped", seen.state
    assert seen.last_operation["operationName"] == "Stop", seen.last_operation
    assert seen.last_operation["operationTrigger"] == "Schedule", seen.last_operation

    seen.tags = {"a": "b"}
    changed = ml.compute.begin_update(seen).result()
    ids = [each.schedule_id for each in changed.schedules.compute_start_stop]
    assert ids == [stop.schedule_id, start.schedule_id]
    with refused(HttpResponseError, "InvalidParameter", "cron expression"):
        bad = ComputeStartStopSchedule(action="Stop", trigger=CronTrigger(expression="a b c d e"))
        odd = ComputeSchedules(compute_start_stop=[bad])
        ml.compute.begin_create_or_update(
            ComputeInstance(name="odd-ci-5", size=SIZE, schedules=odd)
        ).result()
    changed.schedules = ComputeSchedules(compute_start_stop=[])
    assert ml.compute.begin_update(changed).result().schedules is None
    ml.compute.begin_delete("timed-ci").result()


def compute_in_a_subnet():
    ml = in_workspace("networks")
    group_id = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}"
    network = f"{group_id}/providers/Microsoft.Network/virtualNetworks/lab"
    subnet = {"name": "nodes", "properties": {"addressPrefix": "10.31.1.0/24"}}
    space = {"addressPrefixes": ["10.31.0.0/16"]}
    body = {"location": "local", "properties": {"addressSpace": space, "subnets": [subnet]}}
    by_id = resources().resources
    made = by_id.begin_create_or_update_by_id(network, "2024-05-01", body).result()
    assert (made.id, made.properties["provisioningState"]) == (network, "Succeeded")

    wanted = ComputeInstance(
        name="inward-ci",
        size=SIZE,
        network_settings=NetworkSettings(vnet_name="lab", subnet="nodes"),
        enable_node_public_ip=False,
    )
    made = ml.compute.begin_create_or_update(wanted).result()
    assert made.state == "Running"
    assert made.network_settings.subnet == f"{network}/subnets/nodes"
    assert made.enable_node_public_ip is False
    made.tags = {"a": "b"}
    changed = ml.compute.begin_update(made).result()
    assert changed.tags == {"a": "b"}
    assert changed.network_settings.subnet == f"{network}/subnets/nodes"

    with refused(HttpResponseError, "InUseSubnetCannotBeDeleted", "inward-ci"):
        by_id.begin_delete_by_id(network, "2024-05-01").result()
    ml.compute.begin_delete("inward-ci").result()
    by_id.begin_delete_by_id(network, "2024-05-01").result()
    lost = NetworkSettings(vnet_name="lab", subnet="nodes")
    with refused(HttpResponseError, "SubnetNotFound", "nodes"):
        ml.compute.begin_create_or_update(
            ComputeInstance(name="lost-ci", size=SIZE, network_settings=lost)
        ).result()


def compute_idle_shutdown():
    ml = in_workspace("idling")
    put = ml.compute.begin_create_or_update
    made = put(
        ComputeInstance(name="idle-ci", size=SIZE, idle_time_before_shutdown_minutes=30)
    ).result()
    assert made.idle_time_before_shutdown_minutes == 30
    read = ml.compute.get("idle-ci")
    assert read.idle_time_before_shutdown_minutes == 30
    assert read.idle_time_before_shutdown == "PT30M"

    read.idle_time_before_shutdown_minutes = 60
    assert put(read).result().idle_time_before_shutdown_minutes == 60
    # What any other duration becomes, the SDK reads.
    by_hours = ComputeInstance(name="idle-ci", size=SIZE, idle_time_before_shutdown="PT2H")
    assert put(by_hours).result().idle_time_before_shutdown_minutes == 120

    read.idle_time_before_shutdown_minutes = read.idle_time_before_shutdown = None
    put(read).result()
    assert ml.compute.get("idle-ci").idle_time_before_shutdown is None
    ml.compute.begin_delete("idle-ci").result()


def compute_refusals():
    ml = in_workspace("refusals")
    create = ml.compute.begin_create_or_update
    with refused(HttpResponseError, "InvalidParameter", "Standard_Nope"):
        create(ComputeInstance(name="odd-ci", size="Standard_Nope")).result()
    create(ComputeInstance(name="big-ci", size="Standard_ND96asr_v4")).result()
    with refused(ResourceExistsError, "QuotaExceeded", "limit", "big-ci"):
        create(ComputeInstance(name="odd-ci", size="Standard_ND96asr_v4")).result()
    ml.compute.begin_delete("big-ci").result()
    with refused(HttpResponseError, "InvalidParameter", "idleTimeBeforeShutdown", "15 minutes"):
        create(
            ComputeInstance(name="odd-ci-3", size=SIZE, idle_time_before_shutdown_minutes=14)
        ).result()
    somebody = AssignedUserConfiguration(
        user_tenant_id=os.environ["AZURE_TENANT_ID"],
        user_object_id="33333333-3333-3333-3333-333333333333",
    )
    with refused(HttpResponseError, "InvalidParameter", "object id"):
        create(ComputeInstance(name="odd-ci-4", size=SIZE, create_on_behalf_of=somebody)).result()
    with refused(ResourceNotFoundError, "ResourceNotFound"):
        ml.compute.begin_start("nobody-ci").result()
    with refused(ResourceNotFoundError, "ResourceNotFound"):
        client("nowhere").compute.get("alice-ci")
    assert list(ml.compute.list()) == []


def catalogue():
    ml = in_workspace("catalogue")
    sizes = {size.name: size for size in ml.compute.list_sizes()}
    assert sizes[SIZE].v_cp_us == 4
    assert sizes[SIZE].memory_gb == 14
    usages = list(ml.compute.list_usage())
    assert all(usage.limit is not None and usage.current_value is not None for usage in usages)


def resource_groups():
    groups = resources().resource_groups
    assert groups.create_or_update("temporary", {"location": "local"}).name == "temporary"
    assert groups.check_existence("temporary")
    assert "temporary" in [each.name for each in groups.list()]
    elsewhere = MLClient(credential(), SUBSCRIPTION, "temporary", enable_telemetry=False)
    elsewhere.workspaces.begin_create(Workspace(name="inside", location="local")).result()
    assert [each.name for each in resources().resources.list_by_resource_group("temporary")] == [
        "inside"
    ]
    groups.begin_delete("temporary").result()
    assert not groups.check_existence("temporary")
