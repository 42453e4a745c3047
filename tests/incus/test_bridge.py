"""A bridge of the hosts' own: what a machine may ask of it, and who has which address."""

from dataclasses import replace

import pytest
from tests.support.towns import new_subnet

from studiolo.engines.base import Permanent
from studiolo.engines.conformance import new_spec
from studiolo.engines.incus.bridge import Bridge


def container(name, address, parent="br0"):
    nic = {"type": "nic", "parent": parent, "ipv4.address": address}
    return {"name": name, "status": "Running", "config": {}, "devices": {"eth0": nic}}


def silent(name):
    """As the daemon lists a container on a member that is down."""
    return {"name": name, "status": "Error", "config": None, "devices": None, "location": "m3"}


def test_the_address_of_a_machine_on_a_silent_member_stays_taken():
    bridge = Bridge("br0", "10.90.0.1/16")
    first = bridge.holders([container("a", "10.90.0.20"), container("b", "10.90.0.21")])
    assert bridge.holders([container("a", "10.90.0.20"), silent("b")]) == first


def test_the_address_of_a_machine_that_is_gone_is_free():
    bridge = Bridge("br0", "10.90.0.1/16")
    bridge.holders([container("a", "10.90.0.20")])
    assert bridge.holders([]) == {}


def test_addresses_of_other_bridges_do_not_count():
    assert Bridge("br0", "10.90.0.1/16").holders([container("a", "10.90.0.20", "br1")]) == {}


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"public_ip": False}, "public address"), ({"subnet": new_subnet()}, "virtual networks")],
)
def test_what_only_a_managed_network_has_is_refused(changes, told):
    with pytest.raises(Permanent, match=told):
        Bridge("br0", "10.90.0.1/16").subnet(replace(new_spec(), **changes))


def test_its_machines_have_a_way_out_through_its_gateway():
    subnet = Bridge("br0", "10.90.0.1/16").subnet(new_spec())
    assert (str(subnet.gateway), subnet.routed) == ("10.90.0.1/16", True)
