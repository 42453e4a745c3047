"""Compute instances by Azure's requests, as an unmodified client would read the replies."""

import re

import pytest
from tests.support.api import ORIGIN, SUBSCRIPTION, TENANT, Api, a_body
from tests.support.values import a_compute, a_workspace

from studiolo.domain.states import Event, State


async def test_create_replies_201_with_the_whole_resource_and_an_operation(api: Api) -> None:
    reply = await api.create("Min-ci", tags={"a": "b"})
    assert reply.status_code == 201
    body = reply.json()
    assert body["id"] == f"{api.path}/computes/Min-ci"
    assert body["type"] == "Microsoft.MachineLearningServices/workspaces/computes"
    assert body["tags"] == {"a": "b"}
    assert body["etag"] == reply.headers["etag"]
    assert body["systemData"]["createdBy"] == "ann"
    outer = body["properties"]
    assert outer["provisioningState"] == "Creating"
    inner = outer["properties"]
    assert inner["vmSize"] == "Standard_DS3_v2"  # the catalogue's spelling wins
    assert inner["state"] == "Creating"
    assert inner["createdBy"]["userId"] == api.people["ann"].id
    assert inner["createdBy"]["userOrgId"] == TENANT
    assert inner["lastOperation"]["operationName"] == "Create"
    assert inner["lastOperation"]["operationStatus"] == "InProgress"
    assert [each["displayName"] for each in inner["applications"]] == [
        "Jupyter",
        "Jupyter Lab",
        "Terminal",
    ]
    assert inner["applications"][1]["endpointUri"] == "https://min-ci.studiolo.localhost:8481/lab"
    assert reply.headers["retry-after"] == "1"
    assert reply.headers["azure-asyncoperation"].startswith(f"{ORIGIN}/subscriptions/")
    assert "location" not in reply.headers


async def test_create_stores_everything_in_one_go_and_wakes_the_reconciler(api: Api) -> None:
    await api.create("ci-1")
    stored = await api.stored("CI-1")
    assert stored is not None
    assert stored.state is State.CREATING
    assert stored.generation == 1
    assert stored.deadline is not None
    assert stored.host_label == "ci-1"
    assert len(stored.agent_token) > 30
    async with api.services.database.reading() as tx:
        assert [each.kind for each in await tx.operations.open_for(stored.id)] == ["Create"]
        usage = {each.family: each.used for each in await tx.quota.usage("local")}
        lines = await tx.activity.page(stored.arm_id, None, 10)
    assert usage == {"standardDSv2Family": 4, "*": 4}
    assert [line.operation.rpartition("/")[2] for _, line in lines] == ["write"]
    assert api.hints == [1]


async def test_no_secret_is_ever_in_a_reply(api: Api) -> None:
    created = await api.create("ci-1")
    stored = await api.stored("ci-1")
    listed = await api.call("GET", f"{api.path}/computes")
    assert stored is not None
    assert stored.agent_token not in created.text + listed.text


async def test_the_operation_of_a_create_can_be_polled_to_its_end(api: Api) -> None:
    created = await api.create("ci-1")
    poll = created.headers["azure-asyncoperation"]
    first = await api.call("GET", poll, version=None)
    assert first.json()["status"] == "InProgress"
    assert first.headers["retry-after"] == "1"
    assert "endTime" not in first.json()
    await api.move("ci-1", Event.READY)
    last = (await api.call("GET", poll, version=None)).json()
    assert last["status"] == "Succeeded"
    assert last["name"] == poll.partition("?")[0].rpartition("/")[2]
    assert last["endTime"] > last["startTime"]
    seen = (await api.call("GET", api.compute("ci-1"))).json()["properties"]
    assert (seen["provisioningState"], seen["properties"]["state"]) == ("Succeeded", "Running")
    assert seen["properties"]["lastOperation"]["operationStatus"] == "Succeeded"


async def test_a_failed_create_shows_its_reason(api: Api) -> None:
    created = await api.create("ci-1")
    before = await api.stored("ci-1")
    assert before is not None
    await api.move("ci-1", Event.FAILED)
    poll = await api.call("GET", created.headers["azure-asyncoperation"], version=None)
    assert poll.json()["status"] == "Failed"
    seen = (await api.call("GET", api.compute("ci-1"))).json()["properties"]
    assert seen["provisioningState"] == "Failed"
    assert seen["properties"]["state"] == "CreateFailed"


async def test_the_same_put_again_changes_nothing(api: Api) -> None:
    first = await api.create("ci-1")
    before = await api.dump()
    again = await api.create("CI-1")
    assert again.status_code == 200
    assert again.headers["etag"] == first.headers["etag"]
    assert "azure-asyncoperation" not in again.headers
    assert await api.dump() == before


async def test_two_of_one_name_in_two_regions_have_hosts_of_their_own(api: Api) -> None:
    far = a_workspace(subscription=SUBSCRIPTION, resource_group="rg1", name="far", location="far")
    async with api.services.database.transaction() as tx:
        await tx.workspaces.add(far)
        await tx.computes.add(a_compute(far, name="Ann-CI", location="far"), due_at=api.now)
    reply = await api.create("ann-ci")
    assert reply.status_code == 201, reply.text
    stored = await api.stored("ann-ci")
    assert stored is not None
    assert re.fullmatch(r"ann-ci-[0-9a-f]{4}", stored.host_label)
    uri = reply.json()["properties"]["properties"]["applications"][0]["endpointUri"]
    assert uri == f"https://{stored.host_label}.studiolo.localhost:8481/tree"


async def test_the_resource_itself_can_be_polled(api: Api) -> None:
    await api.create("ci-1")
    moving = await api.call("GET", api.compute("ci-1"))
    await api.move("ci-1", Event.READY)
    there = await api.call("GET", api.compute("ci-1"))
    assert moving.headers["retry-after"] == "1"
    assert "retry-after" not in there.headers


async def test_what_was_read_can_be_sent_back(api: Api) -> None:
    await api.running("ci-1")
    seen = await api.call("GET", api.compute("ci-1"))
    back = await api.call("PUT", api.compute("ci-1"), body=seen.json())
    assert back.status_code == 200, back.text
    assert back.json() == seen.json()


async def test_too_many_tags_are_refused_in_a_whole_sentence(api: Api) -> None:
    reply = await api.create("Min-ci", tags={f"t{number}": "" for number in range(51)})
    assert reply.status_code == 400
    message = reply.json()["error"]["message"]
    assert message == "'tags' is not valid: a resource has 50 tags at most."


async def test_tags_and_description_change_in_place(api: Api) -> None:
    await api.running("ci-1")
    reply = await api.create("ci-1", tags={"x": "1"}, outer={"description": "mine"})
    assert reply.status_code == 200
    assert reply.json()["tags"] == {"x": "1"}
    assert reply.json()["properties"]["description"] == "mine"
    assert reply.json()["properties"]["provisioningState"] == "Succeeded"
    patched = await api.call("PATCH", api.compute("ci-1"), body={"tags": {"y": "2"}})
    assert patched.json()["tags"] == {"y": "2"}
    assert patched.json()["properties"]["description"] == "mine"


async def test_an_empty_subnet_means_unchanged(api: Api) -> None:
    await api.running("ci-1")
    assert (await api.create("ci-1", subnet={})).status_code == 200


async def test_enums_ignore_case(api: Api) -> None:
    reply = await api.create(
        "ci-1",
        applicationSharingPolicy="personal",
        computeInstanceAuthorizationType="Personal",
        sshSettings={"sshPublicAccess": "disabled"},
    )
    assert reply.status_code == 201, reply.text
    inner = reply.json()["properties"]["properties"]
    assert inner["applicationSharingPolicy"] == "Personal"
    assert inner["computeInstanceAuthorizationType"] == "personal"


async def test_only_a_size_need_be_said(api: Api) -> None:
    body = {
        "location": "LOCAL",
        "properties": {
            "computeType": "computeinstance",
            "properties": {"vmSize": "standard_ds3_v2"},
        },
    }
    reply = await api.call("PUT", api.compute("ci-1"), body=body)
    assert reply.status_code == 201, reply.text
    assert (await api.create("ci-1")).status_code == 200


async def test_an_instance_can_be_made_for_somebody_else(api: Api) -> None:
    dan = api.people["dan"]
    assigned = {"assignedUser": {"objectId": dan.id, "tenantId": TENANT}}
    reply = await api.create("dans-ci", personalComputeInstanceSettings=assigned)
    assert reply.status_code == 201
    inner = reply.json()["properties"]["properties"]
    assert inner["personalComputeInstanceSettings"] == assigned
    assert inner["createdBy"]["userName"] == "ann"
    stored = await api.stored("dans-ci")
    assert stored is not None
    assert (stored.owner_name, stored.assigned_name) == ("ann", "dan")


@pytest.mark.parametrize(
    ("verb", "from_state", "word"),
    [("stop", Event.READY, "Stopping"), ("restart", Event.READY, "Restarting")],
)
async def test_actions_reply_202_and_begin(
    api: Api, verb: str, from_state: Event, word: str
) -> None:
    await api.create("ci-1")
    await api.move("ci-1", from_state)
    reply = await api.call("POST", f"{api.compute('ci-1')}/{verb}")
    assert reply.status_code == 202
    assert reply.content == b""
    assert "computeOperationsStatus" in reply.headers["azure-asyncoperation"]
    assert "computeOperationResults" in reply.headers["location"]
    assert reply.headers["retry-after"] == "1"
    seen = (await api.call("GET", api.compute("ci-1"))).json()["properties"]
    assert seen["properties"]["state"] == word
    assert seen["provisioningState"] == "Updating"


async def test_stop_then_start_counts_a_generation(api: Api) -> None:
    before = await api.running("ci-1")
    stop = await api.call("POST", f"{api.compute('ci-1')}/stop")
    result = await api.call("GET", stop.headers["location"], version=None)
    assert (result.status_code, result.headers["retry-after"]) == (202, "1")
    await api.move("ci-1", Event.HALTED)
    assert (await api.call("GET", stop.headers["location"], version=None)).status_code == 204
    assert (await api.call("POST", f"{api.compute('ci-1')}/start")).status_code == 202
    after = await api.stored("ci-1")
    assert after is not None
    assert (after.state, after.generation) == (State.STARTING, before.generation + 1)


async def test_starting_what_runs_is_an_operation_that_has_succeeded(api: Api) -> None:
    before = await api.running("ci-1")
    reply = await api.call("POST", f"{api.compute('ci-1')}/start")
    assert reply.status_code == 202
    poll = await api.call("GET", reply.headers["azure-asyncoperation"], version=None)
    assert poll.json()["status"] == "Succeeded"
    assert await api.stored("ci-1") == before


async def test_a_repeated_stop_ends_with_the_first(api: Api) -> None:
    await api.running("ci-1")
    first = await api.call("POST", f"{api.compute('ci-1')}/stop")
    second = await api.call("POST", f"{api.compute('ci-1')}/stop")
    await api.move("ci-1", Event.HALTED)
    for reply in (first, second):
        poll = await api.call("GET", reply.headers["azure-asyncoperation"], version=None)
        assert poll.json()["status"] == "Succeeded"


async def test_a_stop_overtakes_a_start(api: Api) -> None:
    await api.running("ci-1")
    await api.call("POST", f"{api.compute('ci-1')}/stop")
    await api.move("ci-1", Event.HALTED)
    start = await api.call("POST", f"{api.compute('ci-1')}/start")
    assert (await api.call("POST", f"{api.compute('ci-1')}/stop")).status_code == 202
    poll = (await api.call("GET", start.headers["azure-asyncoperation"], version=None)).json()
    assert (poll["status"], poll["error"]["code"]) == ("Canceled", "Canceled")
    result = await api.call("GET", start.headers["azure-asyncoperation"], version=None)
    assert result.status_code == 200


async def test_an_action_that_does_not_fit_the_state_says_what_does(api: Api) -> None:
    await api.create("ci-1")
    reply = await api.call("POST", f"{api.compute('ci-1')}/stop")
    assert reply.status_code == 409
    assert reply.json()["error"]["code"] == "Conflict"
    assert "delete" in reply.json()["error"]["message"]


async def test_delete_keeps_quota_until_the_machine_is_gone(api: Api) -> None:
    await api.running("ci-1")
    reply = await api.call(
        "DELETE", api.compute("ci-1"), params={"underlyingResourceAction": "delete"}
    )
    assert reply.status_code == 202
    usages = (await api.call("GET", api.location("usages"))).json()["value"]
    assert usages[0]["currentValue"] == 4
    await api.move("ci-1", Event.GONE)
    assert (await api.call("GET", api.compute("ci-1"))).status_code == 404
    poll = await api.call("GET", reply.headers["azure-asyncoperation"], version=None)
    assert poll.json()["status"] == "Succeeded"
    assert (await api.call("GET", reply.headers["location"], version=None)).status_code == 204
    usages = (await api.call("GET", api.location("usages"))).json()["value"]
    assert usages[0]["currentValue"] == 0


async def test_deleting_what_is_not_there_is_204(api: Api) -> None:
    assert (await api.call("DELETE", api.compute("nobody"))).status_code == 204


async def test_lists_are_paged_by_name(api: Api) -> None:
    names = [f"ci-{letter}" for letter in "edcba"]
    for name in names:
        await api.create(name)
    seen: list[str] = []
    url: str | None = f"{api.path}/computes?$top=2&api-version=2023-08-01-preview"
    pages = 0
    while url is not None:
        reply = await api.call("GET", url, version=None)
        assert reply.status_code == 200, reply.text
        body = reply.json()
        seen += [each["name"] for each in body["value"]]
        url = body.get("nextLink")
        assert url is None or url.startswith(f"{ORIGIN}{api.path}/computes?")
        pages += 1
    assert seen == sorted(names)
    assert pages == 3


async def test_lists_filter_by_type(api: Api) -> None:
    await api.create("ci-1")
    path = f"{api.path}/computes"
    some = await api.call("GET", path, params={"computeType": "computeinstance"})
    none = await api.call("GET", path, params={"computeType": "AmlCompute"})
    assert (len(some.json()["value"]), none.json()["value"]) == (1, [])


async def test_paths_ignore_the_case_of_keywords_and_names(api: Api) -> None:
    await api.create("ci-1")
    path = (
        f"/SUBSCRIPTIONS/{SUBSCRIPTION}/resourcegroups/RG1/Providers/"
        "microsoft.machinelearningservices/WORKSPACES/WS1/COMPUTES/CI-1/"
    )
    assert (await api.call("GET", path)).json()["name"] == "ci-1"
    assert (await api.call("POST", f"{path}LISTNODES")).status_code == 200


async def test_a_name_taken_elsewhere_is_told_only_to_who_may_know(api: Api) -> None:
    other = a_workspace(subscription=SUBSCRIPTION, resource_group="rg1", name="ws2")
    async with api.services.database.transaction() as tx:
        await tx.workspaces.add(other)
    path = f"{other.arm_id}/computes/mine"
    assert (await api.call("PUT", path, body=a_body())).status_code == 201
    told = await api.create("MINE")
    assert told.status_code == 409
    assert "'ws2'" in told.json()["error"]["message"]


async def test_quota_is_named_when_there_is_none_left(api: Api) -> None:
    reply = await api.create("too-big", vmSize="Standard_ND96asr_v4")
    assert reply.status_code == 201
    reply = await api.create("one-more", vmSize="Standard_DS4_v2")
    assert reply.status_code == 409
    error = reply.json()["error"]
    assert error["code"] == "QuotaExceeded"
    assert "too-big" in error["message"]
    assert await api.stored("one-more") is None


async def test_if_none_match_creates_only(api: Api) -> None:
    headers = {"If-None-Match": "*"}
    first = await api.call("PUT", api.compute("ci-1"), body=a_body(), headers=headers)
    again = await api.call("PUT", api.compute("ci-1"), body=a_body(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 412)


async def test_if_match_guards_against_overwriting(api: Api) -> None:
    await api.running("ci-1")
    etag = (await api.call("GET", api.compute("ci-1"))).headers["etag"]
    change = {"tags": {"a": "1"}}
    path = api.compute("ci-1")
    first = await api.call("PATCH", path, body=change, headers={"If-Match": etag})
    stale = await api.call("PATCH", path, body={"tags": {}}, headers={"If-Match": etag})
    assert (first.status_code, stale.status_code) == (200, 412)


async def test_name_availability(api: Api) -> None:
    await api.create("ci-1")
    for path in (
        f"{api.path}/checkComputeNameAvailability",
        api.location("checkComputeNameAvailability"),
    ):
        answers = [
            (await api.call("POST", path, body={"name": name})).json()
            for name in ("ci-2", "CI-1", "1x")
        ]
        assert [each["nameAvailable"] for each in answers] == [True, False, False]
        assert [each["reason"] for each in answers] == [None, "AlreadyExists", "Invalid"]


async def test_nodes_are_those_of_the_state(api: Api) -> None:
    await api.running("ci-1")
    path = f"{api.compute('ci-1')}/listNodes"
    running = (await api.call("POST", path)).json()["nodes"]
    await api.call("POST", f"{api.compute('ci-1')}/stop")
    await api.move("ci-1", Event.HALTED)
    assert [node["nodeState"] for node in running] == ["running"]
    assert (await api.call("POST", path)).json() == {"nodes": []}


async def test_sso_can_be_left_on(api: Api) -> None:
    await api.running("ci-1")
    path = f"{api.compute('ci-1')}/enableSso"
    on = await api.call("POST", path, body={"enableSSO": True})
    off = await api.call("POST", path, body={"enableSSO": False})
    assert (on.status_code, off.status_code) == (200, 400)
    assert off.json()["error"]["code"] == "UnsupportedFeature"


async def test_operations_are_only_for_who_asked_and_who_may_read(api: Api) -> None:
    created = await api.create("ci-1")
    poll = created.headers["azure-asyncoperation"]
    codes = {
        who: (await api.call("GET", poll, who=who, version=None)).status_code
        for who in ("ann", "dan", "rea", "eve")
    }
    assert codes == {"ann": 200, "dan": 200, "rea": 200, "eve": 404}


async def test_links_follow_the_address_that_the_client_used(api: Api) -> None:
    reply = await api.call(
        "PUT",
        "http://studiolo.localhost:8480" + api.compute("ci-1"),
        body=a_body(),
    )
    assert reply.headers["azure-asyncoperation"].startswith("http://studiolo.localhost:8480/")
    spoofed = await api.call("GET", api.compute("ci-1"), headers={"Host": "evil.example"})
    assert "evil" not in spoofed.text
