"""The command line against a deployment with fake machines."""

import json
import os
import re
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import yaml
from tests.support.launched import Launched

from studiolo.cli.session import Session


def names(deployment: Launched) -> list[str]:
    return deployment.ok("compute", "list", "-o", "tsv", "--query", "[].name").split()


@pytest.fixture
def compute(deployment, request):
    """A running compute of the test's own."""
    name = "t-" + re.sub(r"[^a-z]", "", request.node.name.removeprefix("test_"))[:18]
    deployment.ok("compute", "create", "-n", name, "-o", "none")
    yield name
    deployment.run("compute", "delete", "-n", name, "-y", "--no-wait")


def state(deployment: Launched, name: str) -> str:
    return deployment.ok("compute", "show", "-n", name, "-o", "tsv", "--query", "state").strip()


def test_local_login_keeps_the_token_in_a_file_of_its_owners(deployment):
    file = deployment.home / "profile.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    kept = json.loads(file.read_text())
    assert kept["user"] == "admin"
    assert kept["token"] not in deployment.ok("config", "show", "-o", "json")


def test_up_made_the_default_workspace(deployment):
    shown = json.loads(deployment.ok("workspace", "show", "-n", "main", "-o", "json"))
    assert (shown["name"], shown["resourceGroup"], shown["location"]) == (
        "main",
        "studiolo",
        "local",
    )


def test_workspace_lives_from_create_to_delete(deployment):
    deployment.ok("workspace", "create", "-n", "vision", "-g", "research", "--tags", "a=1")
    assert "vision" in deployment.ok("workspace", "list", "-g", "research")
    assert "vision" not in deployment.ok("workspace", "list", "-g", "studiolo")
    changed = deployment.ok(
        *("workspace", "update", "-n", "vision", "-g", "research"),
        *("--description", "seeing", "-o", "json"),
    )
    assert json.loads(changed)["description"] == "seeing"
    deployment.ok("workspace", "delete", "-n", "vision", "-g", "research", "-y")
    assert deployment.run("workspace", "show", "-n", "vision", "-g", "research").code == 3


def _network(deployment: Launched, name: str, space: str, prefix: str) -> str:
    """The ARM id of a new virtual network with the subnet `nodes`."""
    studiolo = Session(deployment.home / "profile.json", None, None).studiolo
    arm_id = f"{studiolo.group_path('studiolo')}/providers/Microsoft.Network/virtualNetworks/{name}"
    subnet = {"name": "nodes", "properties": {"addressPrefix": prefix}}
    properties = {"addressSpace": {"addressPrefixes": [space]}, "subnets": [subnet]}
    body = {"location": "local", "properties": properties}
    made = studiolo.http.json("PUT", arm_id, version="2024-07-01", body=body)
    return str(made["id"])


def test_a_compute_without_a_way_out_is_made_in_a_subnet(deployment):
    vnet = _network(deployment, "cli-net", "10.9.0.0/16", "10.9.1.0/24")
    out = deployment.ok(
        *("compute", "create", "-n", "inward", "--vnet-name", "cli-net", "--subnet", "nodes"),
        *("--enable-node-public-ip", "false", "-o", "json"),
    )
    made = json.loads(out)
    assert made["network_settings"] == {"subnet": f"{vnet}/subnets/nodes"}
    assert made["enable_node_public_ip"] is False
    refused = deployment.run("compute", "create", "-n", "other", "--subnet", "nodes")
    assert refused.code == 1
    assert "both vnet_name and subnet" in refused.err
    deployment.ok("compute", "delete", "-n", "inward", "-y")


def test_compute_lives_from_create_to_delete(deployment):
    out = deployment.ok(
        "compute", "create", "-n", "life", "--size", "Standard_D2s_v3", "-o", "json"
    )
    created = json.loads(out)
    assert (created["state"], created["size"]) == ("Running", "Standard_D2s_v3")
    assert "life" in names(deployment)
    deployment.ok("compute", "stop", "-n", "life")
    assert state(deployment, "life") == "Stopped"
    deployment.ok("compute", "start", "-n", "life")
    deployment.ok("compute", "restart", "-n", "life")
    assert state(deployment, "life") == "Running"
    deployment.ok("compute", "delete", "-n", "life", "-y")
    assert "life" not in names(deployment)


def test_create_takes_azures_yaml_and_flags_win(deployment, tmp_path):
    file = tmp_path / "ci.yml"
    file.write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/computeInstance.schema.json\n"
        "name: from-file\ntype: computeinstance\nsize: Standard_D2s_v3\ntags: {team: vision}\n"
    )
    out = deployment.ok(
        *("compute", "create", "-f", str(file), "-n", "from-flag", "-o", "json"),
        *("--set", "tags.cost=12", "description=x", "--set", "description=for vision")[:2],
        *("--set", "description=for vision"),
    )
    created = json.loads(out)
    assert created["name"] == "from-flag"
    assert created["tags"] == {"team": "vision", "cost": "12"}
    assert created["description"] == "for vision"
    deployment.ok("compute", "delete", "-n", "from-flag", "-y")


def test_what_show_prints_as_yaml_can_be_created(deployment, compute, tmp_path):
    file = tmp_path / "again.yml"
    file.write_text(deployment.ok("compute", "show", "-n", compute, "-o", "yaml"))
    assert yaml.safe_load(file.read_text())["name"] == compute
    deployment.ok("compute", "create", "-f", str(file), "-n", "again")
    deployment.ok("compute", "delete", "-n", "again", "-y")


def test_no_wait_returns_before_the_end(deployment):
    out = deployment.ok("compute", "create", "-n", "soon", "--no-wait", "-o", "json")
    assert json.loads(out)["provisioning_state"] in ("Creating", "Succeeded")
    deployment.ok("compute", "delete", "-n", "soon", "-y")


def test_update_changes_what_was_named_and_nothing_else(deployment, compute):
    before = json.loads(deployment.ok("compute", "show", "-n", compute, "-o", "json"))
    deployment.ok("compute", "update", "-n", compute, "--tags", "a=1", "-o", "none")
    out = deployment.ok(
        "compute", "update", "-n", compute, "--set", "description=mine", "-o", "json"
    )
    after = json.loads(out)
    assert (after["tags"], after["description"]) == ({"a": "1"}, "mine")
    for key in ("size", "state", "created_on", "enable_sso"):
        assert after[key] == before[key]


def test_update_sets_the_idle_time_keeps_it_and_switches_it_off(deployment, compute, tmp_path):
    def idle(*words):
        out = deployment.ok("compute", "update", "-n", compute, *words, "-o", "json")
        return json.loads(out).get("idle_time_before_shutdown_minutes")

    file = tmp_path / "idle.yml"
    file.write_text("idle_time_before_shutdown: PT2H\n")
    assert idle("--set", "idle_time_before_shutdown_minutes=30") == 30
    assert idle("--tags", "a=1") == 30
    assert idle("--file", str(file)) == 120
    refused = deployment.run(
        *("compute", "update", "-n", compute, "--set", "idle_time_before_shutdown_minutes=5")
    )
    assert refused.code == 1
    assert "at least 15 minutes" in refused.err
    assert idle("--set", "idle_time_before_shutdown_minutes=null") is None


def test_show_says_which_image_a_compute_is_on_and_whether_a_newer_exists(deployment, compute):
    shown = deployment.run("compute", "show", "-n", compute)
    assert "fake-1" in shown.out
    assert shown.err == ""
    with closing(sqlite3.connect(deployment.home / "studiolo.db")) as database, database:
        database.execute("UPDATE computes SET image_version = 'old' WHERE name = ?", [compute])
    shown = deployment.run("compute", "show", "-n", compute)
    assert "old" in shown.out.split()
    assert "A newer image exists: fake-1." in shown.err
    found = json.loads(deployment.ok("compute", "show", "-n", compute, "-o", "json"))
    assert found["os_image_metadata"] == {
        "current_image_version": "old",
        "latest_image_version": "fake-1",
        "is_latest_os_image_version": False,
    }


def test_a_compute_is_resized_and_its_disks_are_shown(deployment, compute):
    out = deployment.ok(
        *("compute", "resize", "-n", compute, "--size", "Standard_D2s_v3"),
        *("--home-disk-size", "130", "-o", "json"),
    )
    resized = json.loads(out)
    assert (resized["state"], resized["size"]) == ("Running", "Standard_D2s_v3")
    assert (resized["home_disk_size_gib"], resized["root_disk_size_gib"]) == (130, 40)
    refused = deployment.run("compute", "resize", "-n", compute, "--home-disk-size", "129")
    assert refused.code == 1
    assert "never shrink" in refused.err


def test_disks_have_the_sizes_that_flags_and_files_say(deployment, tmp_path):
    file = tmp_path / "ci.yml"
    file.write_text("name: large\nhome_disk_size_gib: 200\nroot_disk_size_gib: 60\n")
    out = deployment.ok(
        "compute", "create", "-f", str(file), "--root-disk-size", "70", "-o", "json"
    )
    created = json.loads(out)
    assert (created["home_disk_size_gib"], created["root_disk_size_gib"]) == (200, 70)
    deployment.ok("compute", "delete", "-n", "large", "-y")


def test_a_snapshot_lives_from_create_to_delete(deployment, compute):
    snapshot = ("compute", "snapshot")
    made = deployment.ok(*snapshot, "create", "-c", compute, "-n", "friday", "-o", "json")
    assert json.loads(made)["provisioning_state"] == "Succeeded"
    assert "friday" in deployment.ok(*snapshot, "list", "-c", compute)
    shown = deployment.ok(*snapshot, "show", "-c", compute, "-n", "friday", "-o", "json")
    assert json.loads(shown) == json.loads(made)
    asked = (*snapshot, "restore", "-c", compute, "-n", "friday")
    assert deployment.run(*asked, given="n\n").code == 1
    deployment.ok(*asked, "-y")
    last = "last_operation.operation_name"
    shown = deployment.ok("compute", "show", "-n", compute, "-o", "tsv", "--query", last)
    assert shown.strip() == "Restore"
    assert "friday" in deployment.run("compute", "reimage", "-n", compute, "-y").err
    deployment.ok(*snapshot, "delete", "-c", compute, "-n", "friday", "-y")
    assert json.loads(deployment.ok(*snapshot, "list", "-c", compute, "-o", "json")) == []
    deployment.ok("compute", "reimage", "-n", compute, "-y")
    assert state(deployment, compute) == "Running"


def test_a_compute_is_cloned(deployment, compute):
    out = deployment.ok("compute", "clone", "-n", compute, "--new-name", "twin", "-o", "json")
    twin = json.loads(out)
    assert (twin["name"], twin["state"]) == ("twin", "Running")
    deployment.ok("compute", "delete", "-n", "twin", "-y")


def test_list_follows_pages_only_as_far_as_asked(deployment, compute):
    rows = deployment.ok("compute", "list", "-r", "1", "-o", "json")
    assert len(json.loads(rows)) == 1


def test_open_prints_urls(deployment, compute):
    out = deployment.ok("compute", "open", compute)
    assert f"https://{compute}.studiolo.localhost:{deployment.https_port}/lab" in out


def test_sizes_and_usage_are_listed(deployment):
    assert "Standard_DS3_v2" in deployment.ok("compute", "list-sizes")
    usage = json.loads(deployment.ok("compute", "list-usage", "-o", "json", "-l", "local"))
    assert all({"limit", "currentValue"} <= set(one) for one in usage)


def test_nodes_of_a_running_compute(deployment, compute):
    nodes = json.loads(deployment.ok("compute", "list-nodes", "-n", compute, "-o", "json"))
    assert isinstance(nodes, list)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("compute", "show", "-n", "nobody"), 3, "ResourceNotFound"),
        (("workspace", "show", "-n", "nobody"), 3, "ResourceNotFound"),
        (("compute", "list", "-w", "nobody"), 3, "ResourceNotFound"),
        (("compute", "create", "-n", "x"), 1, "(InvalidParameter)"),
        (("compute", "create", "-n", "big-one", "-s", "Standard_Huge"), 1, "Standard_Huge"),
        (("compute", "create"), 2, "give a name"),
        (("compute", "create", "-n", "abc", "-t", "amlcompute"), 1, "not offered"),
        (("compute", "show"), 2, "--name"),
        (("compute", "frobnicate"), 2, "frobnicate"),
        (("compute", "list", "-o", "xml"), 2, "xml"),
        (("compute", "list", "--query", "[?"), 1, "JMESPath"),
        (("compute", "update", "-n", "abc"), 2, "say what to change"),
        (("compute", "create", "-f", "/nonexistent.yml"), 2, "nonexistent"),
        (("compute", "resize", "-n", "abc"), 2, "say --size"),
        (("compute", "resize", "-n", "nobody", "-s", "Standard_D2s_v3"), 3, "ResourceNotFound"),
        (("compute", "clone", "-n", "nobody"), 2, "--new-name"),
        (("compute", "snapshot", "show", "-c", "nobody", "-n", "a"), 3, "ResourceNotFound"),
        (("compute", "snapshot", "list"), 2, "--compute-name"),
        (("config", "set-defaults", "colour=red"), 2, "key=value"),
        (("login", "--token", "slpat_secret"), 2, "stdin"),
        (("--token", "x", "version"), 2, "seen by others"),
    ],
)
def test_failure_is_one_sentence_and_an_exit_code(deployment, arguments, code, said):
    answer = deployment.run(*arguments)
    assert answer.code == code, answer
    assert said in answer.err
    assert answer.out == ""
    assert "Traceback" not in answer.err


def test_delete_asks_first(deployment, compute):
    assert deployment.run("compute", "delete", "-n", compute, given="n\n").code == 1
    assert compute in names(deployment)


def test_nobody_signed_in_says_what_to_do(deployment, tmp_path):
    answer = deployment.run("compute", "list", STUDIOLO_PROFILE=str(tmp_path / "none.json"))
    assert answer.code == 1
    assert "studiolo login" in answer.err


def test_damaged_profile_says_what_to_do(deployment, tmp_path):
    file = tmp_path / "damaged.json"
    file.write_text("{")
    answer = deployment.run("compute", "list", STUDIOLO_PROFILE=str(file))
    assert answer.code == 1
    assert "delete it and sign in again" in answer.err


def test_defaults_are_remembered_and_cleared(deployment, tmp_path):
    profile = str(tmp_path / "p.json")
    deployment.ok("login", "--local", STUDIOLO_PROFILE=profile)
    deployment.ok("config", "set-defaults", "workspace=nobody", STUDIOLO_PROFILE=profile)
    assert deployment.run("compute", "list", STUDIOLO_PROFILE=profile).code == 3
    deployment.ok("config", "set-defaults", "workspace=main", STUDIOLO_PROFILE=profile)
    assert deployment.run("compute", "list", STUDIOLO_PROFILE=profile).code == 0


def test_login_with_a_token_from_stdin(deployment, tmp_path):
    token = json.loads((deployment.home / "profile.json").read_text())["token"]
    profile = str(tmp_path / "p.json")
    server = f"https://studiolo.localhost:{deployment.https_port}"
    ca = deployment.home / "caddy/pki/authorities/local/root.crt"
    deployment.ok(
        *("login", "--server", server, "--ca", str(ca), "--token", "-"),
        given=f"{token}\n",
        STUDIOLO_PROFILE=profile,
    )
    assert deployment.run("compute", "list", STUDIOLO_PROFILE=profile).code == 0


def test_login_with_a_wrong_password_is_refused(deployment, tmp_path):
    answer = deployment.run(
        *("login", "--username", "admin", "--server"),
        f"http://studiolo.localhost:{deployment.http_port}",
        given="not the password\n",
        STUDIOLO_PROFILE=str(tmp_path / "p.json"),
    )
    assert answer.code == 1
    assert "not right" in answer.err
    assert "not the password" not in answer.err + answer.out


def test_server_with_an_unknown_ca_is_not_trusted(deployment, tmp_path):
    answer = deployment.run(
        *("login", "--username", "admin", "--server"),
        f"https://studiolo.localhost:{deployment.https_port}",
        given="x\n",
        STUDIOLO_PROFILE=str(tmp_path / "p.json"),
    )
    assert answer.code == 1
    assert "certificate" in answer.err.lower()


def test_logout_ends_the_token(deployment, tmp_path):
    profile = tmp_path / "p.json"
    deployment.ok("login", "--local", STUDIOLO_PROFILE=str(profile))
    token = json.loads(profile.read_text())["token"]
    deployment.ok("logout", STUDIOLO_PROFILE=str(profile))
    assert json.loads(profile.read_text())["token"] == ""
    copied = {"STUDIOLO_PROFILE": str(deployment.home / "profile.json")}
    answer = deployment.run("compute", "list", STUDIOLO_TOKEN=token, **copied)
    assert answer.code == 1
    assert "InvalidAuthenticationToken" in answer.err


def test_shell_completes_names_of_computes(deployment, compute):
    asked = {
        "_STUDIOLO_COMPLETE": "complete_bash",
        "COMP_WORDS": f"studiolo compute show -n {compute[:4]}",
        "COMP_CWORD": "4",
    }
    done = subprocess.run(
        [Path(sys.executable).with_name("studiolo")],
        env=os.environ | deployment.environment | asked,
        capture_output=True,
        text=True,
        check=False,
    )
    assert compute in done.stdout.split(), done


def test_version_needs_no_deployment(tmp_path):
    assert Launched(tmp_path / "h").ok("version").strip()


def test_log_of_a_compute_is_asked_for_by_name(deployment, compute):
    answer = deployment.run("compute", "logs", "-n", compute)
    assert answer.code == 0, answer
    missing = deployment.run("compute", "logs", "-n", compute, "nonsense")
    assert missing.code == 3, missing


def test_a_command_loads_nothing_of_the_control_plane():
    """Loading it would take longer than most commands do."""
    heavy = {"alembic", "sqlalchemy", "fastapi", "pydantic", "pydantic_settings", "uvicorn"}
    program = f"import sys, studiolo.cli.main; print(*({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == []


def test_a_region_of_one_host_has_no_members_to_evacuate(deployment):
    answer = deployment.run("region", "evacuate", "local", "m1", "--yes")
    assert answer.code == 1
    assert "The region 'local' is a single host" in answer.err
    assert json.loads(deployment.ok("region", "members", "local", "-o", "json")) == []


def test_members_of_a_region_that_is_not_there(deployment):
    answer = deployment.run("region", "members", "nowhere")
    assert answer.code == 1
    assert "The location 'nowhere' is not available" in answer.err


def test_the_activity_log_tells_who_did_what_to_a_compute(deployment, compute):
    deployment.ok("compute", "stop", "-n", compute)
    listed = ("activity", "list", "--resource", compute)
    told = json.loads(deployment.ok(*listed, "-o", "json"))
    shown = [(each["operationName"]["localizedValue"], each["status"]["value"]) for each in told]
    assert shown == [
        ("Stop compute", "Succeeded"),
        ("Stop compute", "Accepted"),
        ("Create or update compute", "Succeeded"),
        ("Create or update compute", "Accepted"),
    ]
    first, second = (each["correlationId"] for each in told[:2])
    assert first == second
    assert {each["caller"] for each in told} == {"admin"}
    assert deployment.ok(*listed, "-r", "1", "-o", "tsv", "--query", "[].status.value") == (
        "Succeeded\n"
    )
    table = deployment.ok(*listed, "--since", "1h")
    assert "Stop compute" in table
    assert told[0]["resourceId"] in table


def test_the_activity_log_is_narrowed_by_caller_group_status_and_time(deployment, compute):
    def lines(*options: str) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(
            deployment.ok("activity", "list", *options, "-o", "json")
        )
        return found

    assert lines("--caller", "it's nobody") == []
    assert lines("-g", "elsewhere") == []
    assert {each["resourceGroupName"] for each in lines("-g", "studiolo")} == {"studiolo"}
    assert {each["status"]["value"] for each in lines("--status", "accepted")} == {"Accepted"}
    assert lines("--since", "2999-01-01") == []
    assert len(lines("-r", "2")) == 2


def test_an_instant_that_is_none_is_refused_before_anybody_is_asked(deployment):
    refused = deployment.run("activity", "list", "--since", "yesterday")
    assert refused.code == 1
    assert "yesterday" in refused.err
    assert "7d" in refused.err
