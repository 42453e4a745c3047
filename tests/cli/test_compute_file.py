"""Our reading of Azure's YAML against Azure's own client's, field by field."""

import io
import json
from typing import Any

import pytest
import yaml
from azure.ai.ml import load_compute
from azure.ai.ml._restclient.arm_ml_service._utils import model_base

from studiolo.client.compute_file import InvalidFile, to_body
from studiolo.client.compute_view import from_resource

SUBSCRIPTION = "22222222-2222-2222-2222-222222222222"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g"

SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/y"

FILES = {
    "nothing but a name": "",
    "size": "size: Standard_D2s_v3",
    "description and tags": "description: for vision\ntags: {team: vision, cost: '12'}",
    "location": "location: elsewhere",
    "flags": """
enable_node_public_ip: false
enable_sso: false
enable_root_access: false
release_quota_on_stop: true
enable_os_patching: true
""",
    "ssh": """
ssh_public_access_enabled: true
ssh_settings: {ssh_key_value: ssh-ed25519 AAAA me}
""",
    "ssh closed": "ssh_public_access_enabled: false",
    "somebody else's": "create_on_behalf_of: {user_tenant_id: t, user_object_id: o}",
    "idle in minutes": "idle_time_before_shutdown_minutes: 45",
    "idle as a duration": "idle_time_before_shutdown: PT1H",
    "cron schedule": """
schedules:
  compute_start_stop:
    - action: stop
      state: enabled
      trigger: {type: cron, expression: 0 18 * * *, start_time: '2026-01-01T00:00:00'}
""",
    "recurrence schedule": """
schedules:
  compute_start_stop:
    - action: start
      state: disabled
      trigger:
        type: recurrence
        frequency: week
        interval: 1
        time_zone: UTC
        schedule: {hours: [8], minutes: [0], week_days: [monday, friday]}
""",
    "setup scripts": """
setup_scripts:
  creation_script: {path: Users/me/a.sh, command: x y, timeout_minutes: 10}
  startup_script: {path: Users/me/b.sh, timeout_minutes: 5}
""",
    "a subnet": "network_settings: {vnet_name: v, subnet: s}",
    "no way out": "enable_node_public_ip: false",
    "a subnet by its id": f"network_settings: {{subnet: {SUBNET}}}",
    "an identity of its own": "identity: {type: system_assigned}",
    "an identity of another's": """
identity:
  type: user_assigned
  user_assigned_identities: [{resource_id: /subscriptions/s/i}]
""",
}


def _azures(text: str) -> Any:
    """The body that azure-ai-ml sends for the same file."""
    loaded = load_compute(io.StringIO(text))
    loaded._set_full_subnet_name(SUBSCRIPTION, "g")
    body = json.loads(json.dumps(loaded._to_rest_object(), cls=model_base.SdkJSONEncoder))
    body.setdefault("location", "local")
    return _without_empty(body)


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_empty(one) for key, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_empty(one) for one in value]
    return value


def _alike(value: Any) -> Any:
    """Enum case varies between releases of Azure's client, and the server bears either."""
    if isinstance(value, dict):
        # Said twice by Azure's client, once beside and once inside the trigger.
        return {key: _alike(one) for key, one in value.items() if key != "triggerType"}
    if isinstance(value, list):
        return [_alike(one) for one in value]
    return value.lower() if isinstance(value, str) else value


@pytest.mark.parametrize("text", FILES.values(), ids=FILES.keys())
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_file_means_what_it_means_to_azures_client(text):
    text = f"name: alice-ci\ntype: computeinstance\n{text}"
    ours = to_body(yaml.safe_load(text), "local", GROUP)
    assert _alike(ours) == _alike(_azures(text))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type: amlcompute", "type 'amlcompute' is not offered"),
        ("type: virtualmachine", "is not offered"),
        ("sizes: x", "sizes: not a field"),
        ("enable_sso: maybe", "enable_sso must be true or false"),
        ("tags: [a]", "tags must be a mapping"),
        ("home_disk_size_gib: large", "home_disk_size_gib must be a whole number"),
        ("root_disk_size_gib: true", "root_disk_size_gib must be a whole number"),
        ("custom_applications: {a: b}", "custom_applications must be a list"),
        ("schedules: {compute_start_stop: [{trigger: {type: daily}}]}", "trigger needs type"),
    ],
)
def test_file_with_another_shape_is_refused_by_name(text, said):
    with pytest.raises(InvalidFile, match=said):
        to_body(yaml.safe_load(text), "local")


def test_start_time_may_be_a_yaml_timestamp():
    text = """
schedules:
  compute_start_stop:
    - action: stop
      trigger: {type: cron, expression: 0 18 * * *, start_time: 2026-01-01T07:00:00}
"""
    properties = to_body(yaml.safe_load(text), "local")["properties"]["properties"]
    [schedule] = properties["schedules"]["computeStartStop"]
    assert schedule["cron"]["startTime"] == "2026-01-01T07:00:00"


SERVED_SCHEDULES = [
    {
        "id": "s1", "action": "Stop", "status": "Enabled", "triggerType": "Cron",
        "provisioningStatus": "Completed",
        "cron": {"expression": "0 18 * * *", "timeZone": "Asia/Seoul", "startTime": None},
        "recurrence": None, "schedule": None,
        "nextFireTime": "2026-06-01T09:00:00.000000Z", "lastFiring": None,
    },
    {
        "id": "s2", "action": "Start", "status": "Disabled", "triggerType": "Recurrence",
        "provisioningStatus": "Completed", "cron": None, "schedule": None,
        "recurrence": {
            "frequency": "Month", "interval": 2, "timeZone": "UTC", "startTime": "2026-01-01",
            "schedule": {"hours": [8], "minutes": [0], "weekDays": [], "monthDays": [1, 15]},
        },
        "nextFireTime": None, "lastFiring": None,
    },
]  # fmt: skip


def test_schedules_that_are_shown_mean_the_same_when_they_are_sent_back():
    shown = from_resource(
        {"properties": {"properties": {"schedules": {"computeStartStop": SERVED_SCHEDULES}}}}
    )
    stop, start = shown["schedules"]["compute_start_stop"]
    assert (stop["action"], stop["state"], stop["trigger"]["type"]) == ("stop", "enabled", "cron")
    assert stop["next_fire_time"] == "2026-06-01T09:00:00.000000Z"
    assert start["trigger"]["schedule"] == {"hours": [8], "minutes": [0], "month_days": [1, 15]}
    body = to_body({"name": "a", "schedules": shown["schedules"]}, "local")
    sent = body["properties"]["properties"]["schedules"]["computeStartStop"]
    assert [each["id"] for each in sent] == ["s1", "s2"]
    assert [each["status"] for each in sent] == ["Enabled", "Disabled"]
    assert sent[0]["cron"] == {"expression": "0 18 * * *", "timeZone": "Asia/Seoul"}
    assert sent[1]["recurrence"]["schedule"] == {
        "hours": [8], "minutes": [0], "monthDays": [1, 15]
    }  # fmt: skip


def test_custom_application_carries_everything_but_privilege():
    text = """
name: a
custom_applications:
  - name: rstudio
    image: {reference: ghcr.io/x/rstudio}
    endpoints: [{target: 8787, published: 8787}]
    environment_variables: {A: b}
    bind_mounts: [{source: /a, target: /b}]
"""
    [app] = to_body(yaml.safe_load(text), "local")["properties"]["properties"]["customServices"]
    assert app["image"] == {"type": "docker", "reference": "ghcr.io/x/rstudio"}
    assert app["endpoints"] == [
        {"name": "connect", "protocol": "http", "target": 8787, "published": 8787}
    ]
    assert app["environmentVariables"] == {"A": {"type": "local", "value": "b"}}
    assert app["volumes"] == [{"type": "bind", "readOnly": False, "source": "/a", "target": "/b"}]
    assert "docker" not in app


@pytest.mark.parametrize("half", ["vnet_name: v", "subnet: s"])
def test_half_a_subnet_is_no_subnet(half):
    with pytest.raises(InvalidFile, match="both vnet_name and subnet"):
        to_body(yaml.safe_load(f"network_settings: {{{half}}}"), "local", GROUP)


def test_the_network_is_shown_as_azures_client_shows_it_and_can_be_created_again():
    wanted = {"name": "a", "network_settings": {"subnet": SUBNET}, "enable_node_public_ip": False}
    resource = to_body(wanted, "local")
    addresses = {"publicIpAddress": None, "privateIpAddress": "10.5.1.7"}
    resource["properties"]["properties"]["connectivityEndpoints"] = addresses
    shown = from_resource(resource)
    assert shown["network_settings"] == {"subnet": SUBNET, "private_ip_address": "10.5.1.7"}
    again = to_body(shown, "local")["properties"]["properties"]
    assert (again["subnet"], again["enableNodePublicIp"]) == ({"id": SUBNET}, False)


def test_what_show_prints_can_be_created_again():
    wanted = {"name": "alice-ci", "size": "Standard_D2s_v3", "tags": {"a": "b"}}
    wanted |= {"home_disk_size_gib": 130, "root_disk_size_gib": 50}
    body = to_body(wanted, "local")
    resource = {**body, "name": "alice-ci", "id": f"{GROUP}/providers/M/workspaces/w/computes/a"}
    resource["properties"]["properties"] |= {
        "state": "Running",
        "lastOperation": {"operationName": "Create"},
        "applications": [{"displayName": "Jupyter", "endpointUri": "https://x/tree"}],
    }
    shown = from_resource(resource)
    assert shown["state"] == "Running"
    assert shown["services"] == [{"display_name": "Jupyter", "endpoint_uri": "https://x/tree"}]
    again = to_body(yaml.safe_load(yaml.safe_dump(shown)), "local")
    assert again["properties"]["properties"]["vmSize"] == "Standard_D2s_v3"
    assert again["properties"]["properties"]["homeDiskSizeGiB"] == 130
    assert again["properties"]["properties"]["rootDiskSizeGiB"] == 50
    assert again["tags"] == {"a": "b"}
