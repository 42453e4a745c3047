"""Members of a region that is a cluster: listed, evacuated and restored through the API."""

from dataclasses import replace

import pytest
from tests.support.api import Api, open_api
from tests.support.dying import after_death
from tests.support.reconciling import SPECS
from tests.support.spread import NAMES, move, spread
from tests.support.vnets import engine_of, error

from studiolo import faults
from studiolo.domain.members import KINDS
from studiolo.engines.base import Permanent, Temporary, Unreachable
from studiolo.engines.conformance import new_spec
from studiolo.engines.fake import FakeEngine
from studiolo.reconciler import Pace, Reconciler


@pytest.fixture
def cluster(api):
    return spread(engine_of(api))


@pytest.fixture
def reconciler(api):
    return worker(api)


def worker(api, patience=0.0):
    services = api.services
    return Reconciler(
        services.database,
        services.engines,
        SPECS,
        clock=services.clock,
        pace=Pace(move_patience=patience),
    )


async def machine(api, name="m1"):
    """A machine on the member."""
    spec = new_spec(deployment=api.services.deployment.id)
    await engine_of(api).ensure(spec)
    engine_of(api).world.cluster.places[spec.id] = name
    return spec


async def post(api, name, verb, who="ann"):
    return await api.call("POST", api.location(f"members/{name}/{verb}"), who=who)


async def accepted(api, name, verb):
    reply = await post(api, name, verb)
    assert reply.status_code == 202, reply.text
    return reply


async def status(api, reply, who="ann"):
    told = await api.call("GET", reply.headers["Azure-AsyncOperation"], who=who, version=None)
    assert told.status_code == 200, told.text
    return told.json()


async def members(api, who="ann"):
    reply = await api.call("GET", api.location("members"), who=who)
    assert reply.status_code == 200, reply.text
    return {each["name"]: each["properties"] for each in reply.json()["value"]}


async def test_members_are_listed_with_what_they_have_and_what_is_free(api: Api, cluster) -> None:
    await machine(api)
    cluster.hosts["m2"].emptied = True
    cluster.hosts["m3"].online = False
    found = await members(api)
    assert found["m1"] == {
        "provisioningState": "Succeeded",
        "status": "Online",
        "instances": 1,
        "vCPUs": {"total": 64, "used": 1, "free": 63},
        "memoryMiB": {"total": 262_144, "used": 2048, "free": 260_096},
    }
    assert found["m2"]["status"] == "Evacuated"
    assert found["m3"]["status"] == "Offline"
    assert found["m3"]["vCPUs"] == {"total": None, "used": 0, "free": None}
    one = await api.call("GET", api.location("members/M1"))
    assert one.json()["properties"] == found["m1"]
    assert one.json()["id"] == api.location("members/m1")


async def test_more_promised_than_there_is_leaves_nothing_free(api: Api, cluster) -> None:
    await machine(api)
    cluster.hosts["m1"].memory_mib = 1024
    assert (await members(api))["m1"]["memoryMiB"] == {"total": 1024, "used": 2048, "free": 0}


async def test_a_region_that_is_a_single_host_has_no_members(api: Api) -> None:
    assert await members(api) == {}
    said = error(await post(api, "m1", "evacuate"), 400, "UnsupportedFeature")
    assert said["message"] == (
        "The region 'local' is a single host, not a cluster: it has no members."
    )


async def test_an_evacuation_is_polled_until_nothing_is_left_on_the_member(
    api: Api, cluster, reconciler
) -> None:
    spec = await machine(api)
    reply = await accepted(api, "m1", "evacuate")
    assert reply.headers["Retry-After"] == "1"
    assert api.hints
    assert (await status(api, reply))["status"] == "InProgress"
    assert (await members(api))["m1"]["provisioningState"] == "Evacuating"
    assert (await api.call("GET", reply.headers["Location"], version=None)).status_code == 202
    await move(reconciler)
    told = await status(api, reply)
    assert (told["status"], told["resourceId"]) == ("Succeeded", api.location("members/m1"))
    assert (await api.call("GET", reply.headers["Location"], version=None)).status_code == 204
    found = (await members(api))["m1"]
    assert (found["status"], found["provisioningState"], found["instances"]) == (
        "Evacuated",
        "Succeeded",
        0,
    )
    assert cluster.places[spec.id] != "m1"


async def test_a_restored_member_takes_instances_again(api: Api, cluster, reconciler) -> None:
    await accepted(api, "m1", "evacuate")
    await move(reconciler)
    reply = await accepted(api, "m1", "restore")
    assert (await members(api))["m1"]["provisioningState"] == "Restoring"
    await move(reconciler)
    assert (await status(api, reply))["status"] == "Succeeded"
    assert (await members(api))["m1"]["status"] == "Online"


async def test_a_member_that_the_cluster_itself_keeps_closed_is_not_said_to_be_restored(
    api: Api, cluster, reconciler
) -> None:
    cluster.hosts["m1"].closed = True
    reply = await accepted(api, "m1", "restore")
    await move(reconciler)
    told = (await status(api, reply))["error"]
    assert told["code"] == "MemberNotRestored"
    assert "incus cluster restore" in told["message"]


async def test_repeating_an_evacuation_returns_the_one_under_way(api: Api, cluster) -> None:
    await machine(api)
    one, again = await accepted(api, "m1", "evacuate"), await accepted(api, "M1", "evacuate")
    assert one.headers["Azure-AsyncOperation"] == again.headers["Azure-AsyncOperation"]


async def test_another_evacuation_under_way_is_a_conflict_that_names_it(api: Api, cluster) -> None:
    await accepted(api, "m1", "evacuate")
    before = await api.dump()
    said = error(await post(api, "m2", "evacuate"), 409, "EvacuationInProgress")
    assert "The member 'm1' of 'local' is being evacuated." in said["message"]
    assert await api.dump() == before
    await accepted(api, "m2", "restore")


async def test_a_restore_takes_the_place_of_an_evacuation(api: Api, cluster, reconciler) -> None:
    await machine(api)
    cluster.stuck |= dict.fromkeys(cluster.places, Temporary("Its disk is busy."))
    first = await accepted(api, "m1", "evacuate")
    await reconciler.empty_members("local")
    second = await accepted(api, "m1", "restore")
    await move(reconciler)
    assert (await status(api, first))["status"] == "Canceled"
    assert (await status(api, second))["status"] == "Succeeded"
    assert cluster.hosts["m1"].open


async def test_an_unknown_member_is_named_with_those_there_are(api: Api, cluster) -> None:
    for verb in ("evacuate", "restore"):
        said = error(await post(api, "m9", verb), 404, "ResourceNotFound")
        assert said["message"] == "The region 'local' has no member 'm9'; there are: m1, m2, m3."


async def test_a_member_that_is_offline_is_not_evacuated_and_may_be_restored(
    api: Api, cluster, reconciler
) -> None:
    cluster.hosts["m1"].online = False
    before = await api.dump()
    said = error(await post(api, "m1", "evacuate"), 409, "MemberOffline")
    assert said["message"].startswith("The member 'm1' is offline")
    assert await api.dump() == before
    reply = await accepted(api, "m1", "restore")
    await move(reconciler)
    assert (await status(api, reply))["status"] == "Succeeded"


async def test_instances_that_no_other_member_takes_are_not_set_in_motion(
    api: Api, cluster
) -> None:
    await machine(api)
    cluster.hosts["m2"].online, cluster.hosts["m3"].emptied = False, True
    said = error(await post(api, "m1", "evacuate"), 409, "NoMemberAvailable")
    assert "m2 is offline, m3 is evacuated" in said["message"]


async def test_an_instance_that_cannot_be_moved_fails_it_with_its_name_and_reason(
    api: Api, cluster, reconciler
) -> None:
    created = await api.create("stays-ci")
    assert created.status_code == 201, created.text
    compute = await api.stored("stays-ci")
    spec = new_spec(deployment=api.services.deployment.id)
    engine_of(api).world.machines.clear()
    await engine_of(api).ensure(replace(spec, id=compute.id))
    cluster.places[compute.id] = "m1"
    cluster.stuck[compute.id] = Permanent("Its home is on a disk of this host alone.")
    reply = await accepted(api, "m1", "evacuate")
    await move(worker(api, patience=1e6))
    told = await status(api, reply)
    assert (told["status"], told["error"]["code"]) == ("Failed", "InstancesNotMoved")
    assert (
        "The instance 'stays-ci' could not be moved: Its home is on a disk of this host alone."
        in told["error"]["message"]
    )
    result = await api.call("GET", reply.headers["Location"], version=None)
    error(result, 409, "InstancesNotMoved")


async def test_what_may_pass_is_waited_for_as_long_as_patience_lasts(api: Api, cluster) -> None:
    spec = await machine(api)
    cluster.stuck[spec.id] = Temporary("Its disk is busy.")
    patient = worker(api, patience=1e6)
    reply = await accepted(api, "m1", "evacuate")
    await move(patient)
    assert (await status(api, reply))["status"] == "InProgress"
    del cluster.stuck[spec.id]
    await move(patient)
    assert (await status(api, reply))["status"] == "Succeeded"
    await accepted(api, "m1", "restore")
    await move(patient)


async def test_what_does_not_pass_fails_it_in_the_end(api: Api, cluster, reconciler) -> None:
    spec = await machine(api)
    cluster.stuck[spec.id] = Temporary("Its disk is busy.")
    reply = await accepted(api, "m1", "evacuate")
    await move(reconciler)
    told = await status(api, reply)
    assert told["status"] == "Failed"
    assert (
        f"The machine {spec.id} could not be moved: Its disk is busy." in (told["error"]["message"])
    )


async def test_a_member_that_goes_offline_or_away_meanwhile_fails_it(
    api: Api, cluster, reconciler
) -> None:
    await machine(api)
    reply = await accepted(api, "m1", "evacuate")
    await reconciler.empty_members("local")
    cluster.hosts["m1"].online = False
    await reconciler.empty_members("local")
    await reconciler.empty_members("local")
    assert "'m1' does not answer." in (await status(api, reply))["error"]["message"]
    reply = await accepted(api, "m2", "evacuate")
    del cluster.hosts["m2"]
    await reconciler.empty_members("local")
    assert (await status(api, reply))["error"]["code"] == "MemberNotFound"


async def test_an_engine_that_is_away_is_told_and_waited_for(api: Api, cluster, reconciler) -> None:
    reply = await accepted(api, "m1", "evacuate")
    engine_of(api).world.fail_next("hosts", *[Unreachable("No daemon listens.")] * 2)
    refused = await api.call("GET", api.location("members"))
    assert "No daemon listens." in error(refused, 503, "ServiceUnavailable")["message"]
    await reconciler.empty_members("local")
    assert (await status(api, reply))["status"] == "InProgress"
    await move(reconciler)
    assert (await status(api, reply))["status"] == "Succeeded"


@pytest.mark.parametrize("who", ["dan", "rea", "eve"])
async def test_only_who_administers_the_subscription_may(api: Api, cluster, who) -> None:
    before = await api.dump()
    for verb in ("evacuate", "restore"):
        said = error(await post(api, "m1", verb, who), 403, "AuthorizationFailed")
        action = f"Microsoft.MachineLearningServices/locations/members/{verb}/action"
        assert action in said["message"]
    assert (await api.call("GET", api.location("members"), who=who)).status_code == 403
    assert await api.dump() == before
    reply = await accepted(api, "m1", "evacuate")
    polled = await api.call("GET", reply.headers["Azure-AsyncOperation"], who=who, version=None)
    assert polled.status_code == 404


async def test_each_request_is_a_line_of_the_activity_log(api: Api, cluster) -> None:
    await accepted(api, "m1", "evacuate")
    await accepted(api, "m1", "restore")
    path = api.location("x").partition("/providers/")[0]
    log = f"{path}/providers/Microsoft.Insights/eventtypes/management/values"
    lines = (await api.call("GET", log, version="2015-04-01")).json()["value"]
    told = [(each["operationName"]["localizedValue"], each["resourceId"]) for each in lines[:2]]
    member = api.location("members/m1")
    assert told == [("Restore member of region", member), ("Evacuate member of region", member)]


async def interrupted(home, point: str, _when: str) -> None:
    api = await open_api(home)
    spread(engine_of(api))
    faults.arm(point)
    await post(api, "m1", "evacuate")
    await worker(api).empty_members("local")
    await worker(api).empty_members("local")


@pytest.mark.parametrize(
    ("point", "stored"),
    [
        ("api.member.before_commit", 0),
        ("members.before_mark", 1),
        ("members.marked", 1),
        ("members.before_end", 1),
    ],
)
async def test_an_evacuation_is_accepted_whole_and_ended_after_a_crash(
    tmp_path, point, stored
) -> None:
    async with after_death(interrupted, tmp_path, point, "") as database:
        async with database.reading() as tx:
            found = await tx.operations.open_in("local", KINDS)
        assert len(found) == stored
        for operation in found:
            engine = new_engine()
            reconciler = Reconciler(database, {"local": engine}, SPECS)
            await move(reconciler)
            assert not engine.world.cluster.hosts["m1"].open
            async with database.reading() as tx:
                ended = await tx.operations.get(operation.id)
            assert ended.status.value == "Succeeded"


def new_engine():
    engine = FakeEngine("deployment-1")
    assert set(spread(engine).hosts) == set(NAMES)
    return engine
