"""Changes of instances as they happen: who is told of what, when, and for how long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.api import ROUTERS, Api, open_api
from tests.support.events import Stream, watching
from tests.support.values import NOW, a_compute

from studiolo.api.app import create_app
from studiolo.api.computes.watching import (
    MOST_AT_ONCE,
    MOST_PER_PERSON,
    Change,
    Pace,
    Watcher,
    Watchers,
)
from studiolo.api.identity.service import IdentityService
from studiolo.api.identity.sessions import open_studio_session
from studiolo.domain.resources import PrincipalKind, RoleAssignment
from studiolo.domain.roles import READER
from studiolo.domain.states import Event as Happening
from studiolo.store.database import Database

FOREVER = 3600.0


@pytest.fixture
async def api(database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """The application, once over SQLite and once over PostgreSQL."""
    api = await open_api(tmp_path, database_url)
    yield api
    await api.services.watchers.aclose()
    await api.services.database.close()


def paced(api: Api, **times: float) -> Api:
    """The same application with other times."""
    watchers = Watchers(api.services.database, replace(Pace(), **times))
    api.services = replace(api.services, watchers=watchers)
    api.app.state.services = api.services
    return api


def watcher_of(api: Api) -> Watcher:
    """The watcher of the one workspace."""
    (watcher,) = api.services.watchers._watchers.values()
    return watcher


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what other tasks bring about."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(0.01)


def identity_of(api: Api) -> IdentityService:
    return api.services.identity.service  # type: ignore[attr-defined,no-any-return]


async def test_a_stream_begins_with_ready_and_is_one_that_browsers_read(api):
    async with watching(api) as stream:
        ready = await stream.until("ready")
        assert (ready.data, stream.status) == ({}, 200)
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.headers["cache-control"] == "no-store"
        assert "content-length" not in stream.headers


async def test_what_is_created_changed_and_deleted_is_told_as_a_get_tells_it(api):
    async with watching(api) as stream:
        await stream.until("ready")
        await api.create("ci-1")
        created = await stream.until("compute")
        assert created.data == (await api.call("GET", api.compute("ci-1"))).json()
        await api.move("ci-1", Happening.READY)
        running = await stream.until("compute", 2)
        assert running.data["properties"]["properties"]["state"] == "Running"
        await api.call("DELETE", api.compute("ci-1"))
        deleting = await stream.until("compute", 3)
        assert deleting.data["properties"]["properties"]["state"] == "Deleting"
        await api.move("ci-1", Happening.GONE)
        gone = await stream.until("deleted")
        assert gone.data == {"id": api.compute("ci-1"), "name": "ci-1"}


async def test_a_new_instance_with_the_name_of_one_that_went_is_told_after_it(api):
    """Both have the same ARM id: told the other way round, a client would drop the new one."""
    await api.create("ci-1")
    async with watching(api) as stream:
        await stream.until("ready")
        old = await api.stored("ci-1")
        assert old is not None
        new = a_compute(api.workspace, name="ci-1", host_label="ci-1b", etag="new")
        async with api.services.database.transaction() as tx:
            await tx.computes.remove(old.id)
            await tx.computes.add(new, due_at=NOW)
        created = await stream.until("compute")
        assert stream.kinds() == ["ready", "deleted", "compute"]
        assert created.data["etag"] == '"new"'


async def test_what_this_process_writes_is_told_without_waiting_for_the_next_look(api):
    paced(api, poll=FOREVER)
    async with watching(api) as stream:
        await stream.until("ready")
        await api.create("ci-1")
        assert (await stream.until("compute")).data["name"] == "ci-1"


def test_whoever_listens_looks_for_what_others_wrote_twice_a_second():
    assert Pace().poll + Pace().gather < 0.5


async def test_what_another_replica_writes_is_told(api, database_url):
    other = Database.open(database_url)
    compute = a_compute(api.workspace, name="ci-9")
    try:
        async with watching(api) as stream:
            await stream.until("ready")
            async with other.transaction() as tx:
                await tx.computes.add(compute, due_at=NOW)
            assert (await stream.until("compute")).data["name"] == "ci-9"
            async with other.transaction() as tx:
                await tx.computes.remove(compute.id)
            assert (await stream.until("deleted")).data["name"] == "ci-9"
    finally:
        await other.close()


async def test_two_replicas_tell_both_of_their_listeners(api, database_url, tmp_path):
    other = replace(api, services=replace(api.services, database=Database.open(database_url)))
    try:
        watchers = Watchers(other.services.database)
        other.services = replace(other.services, watchers=watchers)
        async with watching(api) as first, _served(other) as second:
            await first.until("ready")
            await second.until("ready")
            for number in range(5):
                await api.create(f"ci-{number}")
            for stream in (first, second):
                names = {(await stream.until("compute", i + 1)).data["name"] for i in range(5)}
                assert names == {f"ci-{number}" for number in range(5)}
        await watchers.aclose()
    finally:
        await other.services.database.close()


def _served(api: Api):
    api.app = create_app(api.services, ROUTERS)
    return watching(api)


async def test_nothing_is_asked_of_the_store_while_nobody_listens(api, monkeypatch):
    paced(api, poll=0.01, gather=0.0)
    async with watching(api) as stream:
        await stream.until("ready")
    await until(watcher_of(api)._task.done)
    monkeypatch.setattr(Watcher, "_look", None)  # whoever looked would fail
    await api.create("ci-1")
    assert watcher_of(api)._task.exception() is None
    assert watcher_of(api)._task.done()


async def test_other_workspaces_are_not_told(api):
    elsewhere = replace(api.workspace, id="other", name="ws2")
    async with api.services.database.transaction() as tx:
        await tx.workspaces.add(elsewhere)
    async with watching(api) as stream:
        await stream.until("ready")
        async with api.services.database.transaction() as tx:
            await tx.computes.add(a_compute(elsewhere, name="hidden"), due_at=NOW)
        await api.create("ci-1")
        await stream.until("compute")
        assert [each.data["name"] for each in stream.events if each.kind == "compute"] == ["ci-1"]


# --- coming back ---------------------------------------------------------------------------------


async def test_who_comes_back_is_told_what_they_missed(api):
    await api.create("ci-1")
    await api.create("ci-2")
    async with watching(api) as stream:
        last = (await stream.until("ready")).id
    await api.move("ci-1", Happening.READY)
    await api.create("ci-3")
    await api.move("ci-2", Happening.FAILED)
    await api.call("DELETE", api.compute("ci-2"))
    await api.move("ci-2", Happening.GONE)
    async with watching(api, after=last) as stream:
        await stream.until("deleted")
        await stream.until("compute", 2)
        told = {(each.kind, each.data["name"]) for each in stream.events if each.kind != "ready"}
        assert told == {("compute", "ci-1"), ("compute", "ci-3"), ("deleted", "ci-2")}
        last = stream.events[-1].id
    async with watching(api, after=last) as stream:
        await stream.until("ready")
        await api.create("ci-4")
        await stream.until("compute")
        assert stream.kinds() == ["ready", "compute"]


@pytest.mark.parametrize("unknown", ["00000000.3", "nonsense", "'; drop", "0.0"])
async def test_who_comes_back_with_an_id_that_is_not_known_reads_everything_anew(api, unknown):
    async with watching(api, after=unknown) as stream:
        await stream.until("reload")
        assert stream.kinds() == ["ready", "reload"]


async def test_an_id_from_the_future_is_not_known(api):
    async with watching(api) as stream:
        epoch = (await stream.until("ready")).id.partition(".")[0]
        async with watching(api, after=f"{epoch}.999999") as other:
            await other.until("reload")


async def test_more_than_can_be_told_one_by_one_is_one_reload(api):
    paced(api, poll=FOREVER)
    async with watching(api) as stream:
        await stream.until("ready")
        async with api.services.database.transaction() as tx:
            for i in range(MOST_AT_ONCE + 1):
                compute = a_compute(
                    api.workspace, id=f"ci-{i:016}", name=f"ci-{i}", host_label=f"ci-{i}"
                )
                await tx.computes.add(compute, due_at=NOW)
        await stream.until("reload")
        await api.create("one-more")
        assert (await stream.until("compute")).data["name"] == "one-more"


# --- who may, and for how long -------------------------------------------------------------------


@pytest.mark.parametrize(("who", "status"), [("dan", 200), ("rea", 200), ("eve", 403)])
async def test_who_may_read_the_workspaces_computes_may_watch(api, who, status):
    async with watching(api, who=who) as stream:
        await (stream.until("ready") if status == 200 else stream.until_ended())
        assert stream.status == status


async def test_a_right_to_a_compute_called_watch_is_none_to_the_workspace(api):
    eve = api.people["eve"]
    await assign(api, eve.id, f"{api.path}/computes/watch")
    async with watching(api, who="eve") as stream:
        await stream.until_ended()
        assert stream.status == 403


async def assign(api: Api, principal: str, scope: str) -> str:
    right = RoleAssignment("r-1", scope, READER.id, principal, PrincipalKind.USER, NOW, principal)
    async with api.services.database.transaction() as tx:
        await tx.roles.add(right)
    return right.id


async def test_a_compute_called_watch_is_read_as_any_other(api):
    assert (await api.create("watch")).status_code == 201
    reply = await api.call("GET", api.compute("watch"))
    assert reply.json()["name"] == "watch"
    async with watching(api) as stream:
        await stream.until("ready")


async def test_strangers_are_not_let_in_and_a_missing_workspace_is_not_found(api):
    async with watching(api, who=None) as stream:
        await stream.until_ended()
        assert stream.status == 401
    async with watching(api, f"{api.path}x/computes/watch") as stream:
        await stream.until_ended()
        assert stream.status == 404


async def test_the_stream_ends_when_the_right_is_taken_away(api):
    paced(api, recheck=0.05)
    right = await assign(api, api.people["eve"].id, api.path)
    async with watching(api, who="eve") as stream:
        await stream.until("ready")
        async with api.services.database.transaction() as tx:
            await tx.roles.remove(right)
        ended = await stream.until("ended")
        await stream.until_ended()
        assert ended.data["code"] == "AuthorizationFailed"
        assert "computes/read" in ended.data["message"]


async def test_an_ending_that_this_process_hears_of_is_checked_at_once(api):
    paced(api, recheck=FOREVER, beat=FOREVER)
    identity_of(api).endings.listen(api.services.watchers.right_ended)
    right = await assign(api, api.people["eve"].id, api.path)
    async with watching(api, who="eve") as stream, watching(api) as other:
        await stream.until("ready")
        await other.until("ready")
        async with api.services.database.transaction() as tx:
            await tx.roles.remove(right)
        identity_of(api).endings.announce(api.people["eve"].id)
        await stream.until("ended")
        await api.create("ci-1")
        await other.until("compute")


async def test_the_stream_ends_when_the_token_is_revoked(api):
    paced(api, recheck=0.05)
    async with watching(api) as stream:
        await stream.until("ready")
        async with api.services.database.transaction() as tx:
            for token in await tx.credentials.tokens_of(api.people["ann"].id):
                await tx.credentials.revoke_token(token.id, api.people["ann"].id)
        assert (await stream.until("ended")).data["code"] == "InvalidAuthenticationToken"


async def test_the_stream_ends_when_the_workspace_is_gone(api):
    paced(api, recheck=0.05)
    async with watching(api) as stream:
        await stream.until("ready")
        async with api.services.database.transaction() as tx:
            await tx.workspaces.remove(api.workspace.id)
        assert (await stream.until("ended")).data["code"] == "ResourceNotFound"


async def test_a_session_may_watch_and_an_open_stream_does_not_put_its_end_off(api):
    paced(api, recheck=0.02)
    token = await open_studio_session(identity_of(api), api.people["ann"])
    cookie = {"Cookie": f"__Host-studiolo={token}", "Sec-Fetch-Site": "same-origin"}
    async with watching(api, who=None, headers=cookie) as stream:
        await stream.until("ready")
        api.services.clock.now += timedelta(hours=13)  # type: ignore[attr-defined]
        assert (await stream.until("ended")).data["code"] == "AuthenticationFailed"


@pytest.mark.parametrize(
    "said",
    [
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://ci1.studiolo.localhost:8481"},
        {"Origin": "null"},
    ],
)
async def test_a_page_of_another_origin_opens_no_stream(api, said):
    async with watching(api, headers=said) as stream:
        await stream.until_ended()
        assert stream.status == 403
        assert b"CrossOriginRequest" in stream.body


# --- life and death ------------------------------------------------------------------------------


async def test_a_stream_that_has_nothing_to_tell_shows_that_it_lives(api):
    paced(api, beat=0.02)
    async with watching(api) as stream:
        await stream.until(":", 3)
        assert stream.kinds() == ["ready"]


async def test_streams_end_at_once_when_the_control_plane_does_and_none_begins(api):
    async with watching(api) as stream:
        await stream.until("ready")
        api.services.watchers.end()
        await stream.until_ended()
        assert stream.kinds() == ["ready"]
    async with watching(api) as late:
        await late.until_ended()
        assert late.status == 503


async def test_a_reader_who_takes_nothing_is_dropped_and_holds_nobody_up(api):
    paced(api, slow=0.05, beat=0.02)
    async with watching(api) as slow, watching(api) as quick:
        await slow.until("ready")
        await quick.until("ready")
        slow.reading.clear()
        await api.create("ci-1")
        await quick.until("compute")
        watcher = watcher_of(api)
        await until(lambda: len(watcher.listeners) == 1)
        await api.move("ci-1", Happening.READY)
        await quick.until("compute", 2)


async def test_what_waits_for_a_slow_reader_is_bounded(api):
    async with watching(api) as stream:
        await stream.until("ready")
        (listener,) = watcher_of(api).listeners
        stream.reading.clear()
        for i in range(3 * MOST_AT_ONCE):
            change = replace(_a_change(api), id=f"ci-{i}", number=i)
            listener.tell([change], i)
            assert len(listener._pending) <= MOST_AT_ONCE
        stream.reading.set()
        await stream.until("reload")


def _a_change(api: Api) -> Change:
    return Change(1, "ci-1", "ci-1", a_compute(api.workspace))


async def test_one_person_opens_so_many_streams_and_no_more(api):
    watchers = api.services.watchers
    with ExitStack() as open_ones:
        for _ in range(MOST_PER_PERSON):
            open_ones.enter_context(watchers.streaming(api.people["ann"].id))
        async with watching(api) as stream:
            await stream.until_ended()
            assert (stream.status, stream.headers["retry-after"]) == (429, "1")
        async with watching(api, who="dan") as stream:
            await stream.until("ready")
    async with watching(api) as stream:
        await stream.until("ready")


async def test_a_store_that_is_away_for_a_moment_ends_no_stream(api, monkeypatch):
    paced(api, poll=0.01, gather=0.0)
    async with watching(api) as stream:
        await stream.until("ready")
        reading, failed = api.services.database.reading, []

        def broken():
            failed.append(1)
            raise OSError("the database is away")

        monkeypatch.setattr(api.services.database, "reading", broken)
        await until(lambda: len(failed) > 1)
        monkeypatch.setattr(api.services.database, "reading", reading)
        await api.create("ci-1")
        await stream.until("compute")


async def test_ten_thousand_instances_make_a_look_no_dearer_than_a_hundred(api):
    """What a look reads, not how long it takes: the machine is shared."""
    async with api.services.database.transaction() as tx:
        for i in range(300):
            compute = a_compute(
                api.workspace, id=f"ci-{i:016}", name=f"ci-{i}", host_label=f"ci-{i}"
            )
            await tx.computes.add(compute, due_at=NOW)
    async with watching(api) as stream:
        await stream.until("ready")
        watcher = watcher_of(api)
        async with api.services.database.reading() as tx:
            seen, whole = await watcher._sight(tx)
        assert (len(seen), whole) == (100, False)
        assert stream.kinds() == ["ready"]


def test_streams_are_what_the_test_reads() -> None:
    stream = Stream(body=b'event: a\nid: 1\ndata: {"x":1}\n\n: \n\nevent: b')
    assert [(each.kind, each.id) for each in stream.events] == [("a", "1"), (":", "")]
