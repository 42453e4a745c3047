"""Replies as azure-ai-ml's own models read them, and what it would send back."""

import json
from dataclasses import replace
from typing import Any

from azure.ai.ml._restclient.arm_ml_service._utils.model_base import SdkJSONEncoder
from azure.ai.ml._restclient.arm_ml_service.models import ComputeResource, Usage, VirtualMachineSize
from azure.ai.ml.entities import AssignedUserConfiguration, Compute, ComputeInstance, VmSize
from azure.ai.ml.entities import Usage as UsageEntity
from tests.support.api import TENANT, Api

from studiolo.domain.states import Event


def sent(compute: Any) -> dict[str, Any]:
    """The body that azure-ai-ml puts on the wire."""
    body: dict[str, Any] = json.loads(
        json.dumps(compute._to_rest_object(), cls=SdkJSONEncoder, exclude_readonly=True)
    )
    return body


def read(reply: Any) -> Any:
    return Compute._from_rest_object(ComputeResource(reply.json()))


async def test_its_smallest_instance_is_created_read_and_updated(api: Api) -> None:
    wanted = ComputeInstance(name="sdk-ci", size="STANDARD_DS3_V2")
    wanted.location = "local"
    created = await api.call("PUT", api.compute("sdk-ci"), body=sent(wanted))
    assert created.status_code == 201, created.text
    await api.move("sdk-ci", Event.READY)
    seen = read(await api.call("GET", api.compute("sdk-ci")))
    assert (seen.name, seen.size, seen.state) == ("sdk-ci", "Standard_DS3_v2", "Running")
    assert seen.provisioning_state == "Succeeded"
    assert [each["displayName"] for each in seen.services] == [
        "Jupyter",
        "Jupyter Lab",
        "Terminal",
    ]
    assert seen.ssh_public_access_enabled is False
    assert seen.last_operation["operationName"] == "Create"
    seen.tags = {"team": "vision"}
    updated = await api.call("PUT", api.compute("sdk-ci"), body=sent(seen))
    assert updated.status_code == 200, updated.text
    assert read(updated).tags == {"team": "vision"}


async def test_an_instance_made_for_somebody_round_trips(api: Api) -> None:
    rea = api.people["rea"].id
    owner = AssignedUserConfiguration(user_tenant_id=TENANT, user_object_id=rea)
    wanted = ComputeInstance(name="reas-ci", size="Standard_DS3_v2", create_on_behalf_of=owner)
    wanted.location = "local"
    reply = await api.call("PUT", api.compute("reas-ci"), body=sent(wanted))
    assert reply.status_code == 201, reply.text
    seen = read(reply)
    assert seen.create_on_behalf_of.user_object_id == rea
    again = await api.call("PUT", api.compute("reas-ci"), body=sent(seen))
    assert again.status_code == 200, again.text


async def test_a_failure_is_read_with_its_code(api: Api) -> None:
    await api.create("ci-1")
    await api.move("ci-1", Event.FAILED)
    assert read(await api.call("GET", api.compute("ci-1"))).provisioning_state == "Failed"


async def test_sizes_and_usages_fill_every_attribute(api: Api) -> None:
    rows = (await api.call("GET", api.location("vmSizes"))).json()["value"]
    size = VmSize._from_rest_object(VirtualMachineSize(rows[0]))
    assert None not in (size.v_cp_us, size.memory_gb, size.max_resource_volume_mb, size.family)
    rows = (await api.call("GET", api.location("usages"))).json()["value"]
    usage = UsageEntity._from_rest_object(Usage(rows[0]))
    assert (usage.current_value, usage.limit) == (0, 100)


async def test_the_image_of_an_instance_is_read_with_whether_it_is_the_newest(api: Api) -> None:
    compute = await api.running("ci-1")
    async with api.services.database.transaction() as tx:
        noted = replace(compute, image_version="v1")
        assert await tx.computes.save(noted, if_etag=compute.etag, due_at=None)
    image = read(await api.call("GET", api.compute("ci-1"))).os_image_metadata
    assert (image.current_image_version, image.latest_image_version) == ("v1", "fake-1")
    assert image.is_latest_os_image_version is False
