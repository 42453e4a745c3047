"""`studiolo network vnet` as `az network vnet`: its flags, what it prints, and how it ends."""

import json
from uuid import uuid4

import pytest


@pytest.fixture
def lab(deployment):
    """A virtual network with the subnet `one`, gone in the end."""
    name = f"lab-{uuid4().hex[:6]}"
    deployment.ok(
        *("network", "vnet", "create", "-n", name, "--address-prefixes", "10.71.0.0/16"),
        *("--subnet-name", "one", "--subnet-prefixes", "10.71.1.0/24"),
    )
    yield name
    deployment.run("network", "vnet", "delete", "-n", name)


def told(deployment, *arguments):
    return json.loads(deployment.ok("network", "vnet", *arguments, "-o", "json"))


def test_a_network_is_made_with_a_subnet_shown_and_listed(deployment, lab):
    shown = told(deployment, "show", "-g", "studiolo", "--name", lab)
    assert shown["addressSpace"] == {"addressPrefixes": ["10.71.0.0/16"]}
    assert [(each["name"], each["addressPrefix"]) for each in shown["subnets"]] == [
        ("one", "10.71.1.0/24")
    ]
    assert (shown["resourceGroup"], shown["provisioningState"]) == ("studiolo", "Succeeded")
    assert shown in told(deployment, "list")
    assert shown in told(deployment, "list", "-g", "studiolo")
    table = deployment.ok("network", "vnet", "list")
    assert "Addresses" in table
    assert "10.71.0.0/16" in table


def test_a_network_without_flags_has_azs_addresses_and_a_subnet_the_first_24(deployment):
    made = told(deployment, "create", "-n", "plain", "--subnet-name", "default")
    try:
        assert made["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16"]
        assert made["subnets"][0]["addressPrefix"] == "10.0.0.0/24"
    finally:
        deployment.ok("network", "vnet", "delete", "-n", "plain")


def test_several_prefixes_are_one_word_or_the_flag_again(deployment):
    several = ("--address-prefixes", "10.72.0.0/16 10.73.0.0/16")
    made = told(deployment, "create", "-n", "wide", *several, "--address-prefixes", "10.74.0.0/16")
    try:
        assert made["addressSpace"]["addressPrefixes"] == [
            "10.72.0.0/16",
            "10.73.0.0/16",
            "10.74.0.0/16",
        ]
    finally:
        deployment.ok("network", "vnet", "delete", "-n", "wide")


def test_subnets_are_made_listed_shown_and_deleted(deployment, lab):
    of = ("--vnet-name", lab, "-g", "studiolo")
    made = told(
        deployment, "subnet", "create", *of, "-n", "two", "--address-prefixes", "10.71.2.0/24"
    )
    assert (made["name"], made["addressPrefix"]) == ("two", "10.71.2.0/24")
    names = deployment.ok(
        "network", "vnet", "subnet", "list", *of, "-o", "tsv", "--query", "[].name"
    )
    assert names.split() == ["one", "two"]
    assert told(deployment, "subnet", "show", *of, "-n", "two") == made
    deployment.ok("network", "vnet", "subnet", "delete", *of, "-n", "two")
    gone = deployment.run("network", "vnet", "subnet", "show", *of, "-n", "two")
    assert gone.code == 3
    assert "The subnet 'two' was not found" in gone.err


def test_creating_again_without_a_subnet_keeps_those_there_are(deployment, lab):
    again = told(deployment, "create", "-n", lab, "--address-prefixes", "10.71.0.0/16")
    assert [each["name"] for each in again["subnets"]] == ["one"]


def test_what_the_server_refuses_is_a_sentence_with_its_code_and_changes_nothing(deployment, lab):
    before = told(deployment, "show", "-n", lab)
    refused = deployment.run(
        *("network", "vnet", "subnet", "create", "--vnet-name", lab, "-n", "two"),
        *("--address-prefixes", "10.71.1.128/25"),
    )
    assert refused.code == 1
    assert "10.71.1.128/25" in refused.err
    assert told(deployment, "show", "-n", lab) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("create", "-n", "x", "--subnet-prefixes", "10.0.0.0/24"),
        ("subnet", "create", "--vnet-name", "x", "-n", "y"),
        ("create",),
    ],
)
def test_arguments_that_are_wrong_are_refused_before_anybody_is_asked(deployment, arguments):
    assert deployment.run("network", "vnet", *arguments).code == 2


def test_a_network_or_group_that_is_not_there(deployment):
    assert deployment.run("network", "vnet", "show", "-n", "nowhere").code == 3
    assert deployment.run("network", "vnet", "create", "-n", "x", "-g", "nowhere").code == 3


def test_deleting_what_is_not_there_is_done_already(deployment):
    deployment.ok("network", "vnet", "delete", "-n", "nowhere")
