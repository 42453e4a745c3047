"""Virtual networks by the bodies that `az` and templates send."""

from studiolo.engines.fake import FakeEngine
from tests.support.arm import GROUP

NETWORKS = f"{GROUP}/providers/Microsoft.Network/virtualNetworks"
VERSION = "2024-07-01"


def network(*subnets, location="local", space=("10.5.0.0/16",), **properties):
    """What `az network vnet create` sends."""
    inner = {
        "addressSpace": {"addressPrefixes": list(space)},
        "enableDdosProtection": False,
        "privateEndpointVNetPolicies": "Disabled",
        **properties,
    }
    if subnets:
        inner["subnets"] = [{"name": name, **subnet(prefix)} for name, prefix in subnets]
    return {"location": location, "tags": {}, "properties": inner}


def subnet(prefix, **properties):
    policies = {"privateEndpointNetworkPolicies": "Disabled"}
    return {"properties": {"addressPrefix": prefix, **policies, **properties}}


async def put(api, path, body, who="ann"):
    return await api.call("PUT", f"{NETWORKS}/{path}", body=body, version=VERSION, who=who)


async def get(api, path, who="ann"):
    return await api.call("GET", f"{NETWORKS}/{path}", version=VERSION, who=who)


async def delete(api, path, who="ann"):
    return await api.call("DELETE", f"{NETWORKS}/{path}", version=VERSION, who=who)


async def lab(api):
    """A virtual network with the subnets `one` and `two`."""
    reply = await put(api, "lab", network(("one", "10.5.1.0/24"), ("two", "10.5.2.0/24")))
    assert reply.status_code == 201, reply.text
    return reply.json()


def inside(name="one", vnet="lab"):
    return {"id": f"{NETWORKS}/{vnet}/subnets/{name}"}


def error(reply, status, code):
    assert reply.status_code == status, reply.text
    said = reply.json()["error"]
    assert said["code"] == code, said
    return said


def engine_of(api) -> FakeEngine:
    return api.services.engines["local"]
