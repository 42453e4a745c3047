"""From the studio to an instance's host: rights, tickets, the gate's questions."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.identity import ORIGIN, SCOPE, Studio
from tests.support.values import a_compute

from studiolo.api.endpoints import Endpoints
from studiolo.api.gate import Gatekeeper, machine_of
from studiolo.api.identity.links import new_link, use_link
from studiolo.api.identity.personal_tokens import create_token
from studiolo.api.services import Services
from studiolo.api.streams import StreamCutter
from studiolo.domain.access import OPEN_APPLICATION
from studiolo.domain.applications import JUPYTERLAB
from studiolo.domain.credentials import TICKET_LIFETIME
from studiolo.domain.machine import Endpoint
from studiolo.domain.resources import Compute, Principal
from studiolo.domain.roles import DATA_SCIENTIST, OWNER, READER
from studiolo.domain.states import State
from studiolo.engines.agent_client import AgentClient, AgentError, AgentUnreachable
from studiolo.engines.base import Engine, Unreachable
from studiolo.gateway.backend import Failed, Machine, Starting, Upstream
from studiolo.gateway.upstreams import valid_upstream

OPEN = "/instances/open"


async def an_instance(
    studio: Studio,
    owner: Principal,
    name: str = "ann-ci",
    state: State = State.RUNNING,
    assigned: Principal | None = None,
) -> Compute:
    user = assigned or owner
    compute = a_compute(
        studio.workspace,
        name=name,
        state=state,
        owner_id=owner.id,
        owner_name=owner.name,
        assigned_id=user.id,
        assigned_name=user.name,
    )
    async with studio.services.database.transaction() as tx:
        await tx.computes.add(compute, due_at=studio.clock())
    return compute


def gate(studio: Studio) -> Gatekeeper:
    return Gatekeeper(studio.services, studio.identity)


async def a_ticket(studio: Studio, name: str, path: str = "/lab") -> str:
    async with studio.client() as client:
        await studio.sign_in(client, name)
        reply = await client.get(OPEN, params={"host": "ann-ci", "path": path})
    assert reply.status_code == 303, reply.text
    return parse_qs(urlsplit(reply.headers["location"]).query)["t"][0]


async def test_its_person_is_sent_to_the_instance_with_a_ticket(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await an_instance(studio, ann)
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        reply = await client.get(OPEN, params={"host": "ANN-ci", "path": "/lab/tree/a b.ipynb?x=1"})
    target = urlsplit(reply.headers["location"])
    assert f"{target.scheme}://{target.netloc}" == "https://ann-ci.studiolo.localhost:8481"
    assert target.path == "/_studiolo/ticket"
    assert parse_qs(target.query)["path"] == ["/"]  # a space is no part of a safe path
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil", "lab", ""])
async def test_the_path_never_leaves_the_instance(studio: Studio, path: str) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await an_instance(studio, ann)
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        reply = await client.get(OPEN, params={"host": "ann-ci", "path": path})
    target = urlsplit(reply.headers["location"])
    assert target.netloc == "ann-ci.studiolo.localhost:8481"
    assert parse_qs(target.query)["path"] == ["/"]


FRAMED = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Mode": "navigate"}
AT_THE_INSTANCE = "https://ann-ci.studiolo.localhost:8481"


async def test_a_frame_keeps_its_referrer_on_the_way_to_the_instance(studio: Studio) -> None:
    """By it the gate knows that the studio is around the frame."""
    ann = await studio.person("ann", DATA_SCIENTIST)
    await an_instance(studio, ann)
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        reply = await client.get(OPEN, params={"host": "ann-ci", "path": "/lab"}, headers=FRAMED)
    assert reply.headers["location"].startswith(f"{AT_THE_INSTANCE}/_studiolo/ticket?")
    assert reply.headers["referrer-policy"] == "strict-origin"


async def test_a_frame_shows_no_sign_in_page_but_says_that_one_is_signed_out(
    studio: Studio,
) -> None:
    async with studio.client() as client:
        for host in ("ann-ci", "ANN-CI", "nobodys"):
            reply = await client.get(OPEN, params={"host": host}, headers=FRAMED)
            target = AT_THE_INSTANCE.replace("ann-ci", host.lower())
            assert reply.headers["location"] == f"{target}/_studiolo/signed-out"
        for host in ("evil.example/", "a.b", "", "x@y", "-a"):
            reply = await client.get(OPEN, params={"host": host}, headers=FRAMED)
            assert reply.headers["location"].startswith("/signin?"), host


async def test_a_frame_of_an_instance_that_is_not_theirs_says_so(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await studio.person("olga", OWNER)
    await an_instance(studio, ann)
    async with studio.client() as client:
        await studio.sign_in(client, "olga")
        for host in ("ann-ci", "gone-ci"):
            reply = await client.get(OPEN, params={"host": host}, headers=FRAMED)
            target = AT_THE_INSTANCE.replace("ann-ci", host)
            assert reply.headers["location"] == f"{target}/_studiolo/refused"


async def test_even_the_owner_of_everything_does_not_open_anothers_instance(
    studio: Studio,
) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await studio.person("olga", OWNER)
    await an_instance(studio, ann)
    async with studio.client() as client:
        await studio.sign_in(client, "olga")
        reply = await client.get(OPEN, params={"host": "ann-ci"})
    assert reply.status_code == 403
    assert OPEN_APPLICATION in reply.text
    person = ann.display_name
    assert f'<p lang="en">This instance belongs to {person}' in reply.text
    assert "does not have authorization to perform action" in reply.text


async def test_a_person_whose_role_ended_does_not_open_their_own(studio: Studio) -> None:
    ann = await studio.person("ann", READER)
    compute = await an_instance(studio, ann)
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        reply = await client.get(OPEN, params={"host": "ann-ci"})
    assert reply.status_code == 403
    assert OPEN_APPLICATION in reply.text
    found = await gate(studio).instance_by_host("ann-ci")
    assert found is not None
    assert found.id == compute.id
    assert found.allowed == frozenset()


async def test_creator_and_assigned_user_are_let_in(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    bob = await studio.person("bob", DATA_SCIENTIST)
    await an_instance(studio, ann, assigned=bob)
    found = await gate(studio).instance_by_host("ann-ci")
    assert found is not None
    assert found.allowed == {ann.id, bob.id}
    assert found.owner == "Bob"
    assert await gate(studio).instance_by_host("nothing") is None


@pytest.mark.parametrize("host", ["", "none", "..", "x" * 500, "a/b", "%00"])
async def test_an_unknown_instance_is_a_page_not_found(studio: Studio, host: str) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        reply = await client.get(OPEN, params={"host": host})
    assert reply.status_code == 404
    assert reply.headers["content-type"].startswith("text/html")


async def test_a_ticket_opens_one_session_at_its_own_instance(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    compute = await an_instance(studio, ann)
    await an_instance(studio, ann, "other-ci")
    keeper = gate(studio)
    ticket = await a_ticket(studio, "ann")
    assert await keeper.redeem_ticket(ticket, "nothing") is None
    assert await keeper.redeem_ticket(ticket, "other-ci") is None
    grants = await asyncio.gather(*(keeper.redeem_ticket(ticket, "ann-ci") for _ in range(8)))
    (grant,) = [each for each in grants if each is not None]
    assert grant.cookie not in repr(grant)
    session = await keeper.session(grant.cookie)
    assert session is not None
    assert (session.principal_id, session.instance_id) == (ann.id, compute.id)
    # An instance's cookie is nothing at the studio.
    async with studio.client() as client:
        stolen = {"Cookie": f"__Host-studiolo={grant.cookie}"}
        assert (await client.get("/auth/me", headers=stolen)).status_code == 401


async def test_a_studio_cookie_is_nothing_at_an_instance(studio: Studio) -> None:
    await studio.person("ann", DATA_SCIENTIST)
    async with studio.client() as client:
        reply = await studio.sign_in(client, "ann")
    cookie = re.search(r"__Host-studiolo=([\w-]+)", reply.headers["set-cookie"])
    assert cookie is not None
    assert await gate(studio).session(cookie[1]) is None
    for garbage in ("", "x", "é" * 40, "a" * 100_000, "' OR 1=1 --"):
        assert await gate(studio).session(garbage) is None
        assert await gate(studio).bearer(garbage) is None
        assert await gate(studio).redeem_ticket(garbage, "ann-ci") is None


async def test_a_ticket_ends_after_half_a_minute(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await an_instance(studio, ann)
    ticket = await a_ticket(studio, "ann")
    studio.clock.now += TICKET_LIFETIME
    assert await gate(studio).redeem_ticket(ticket, "ann-ci") is None


async def test_signing_out_ends_instance_sessions_and_tickets(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await an_instance(studio, ann)
    keeper = gate(studio)
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        tickets = []
        for _ in range(2):
            reply = await client.get(OPEN, params={"host": "ann-ci"})
            tickets.append(parse_qs(urlsplit(reply.headers["location"]).query)["t"][0])
        grant = await keeper.redeem_ticket(tickets[0], "ann-ci")
        assert grant is not None
        await client.delete("/auth/session", headers={"Origin": ORIGIN})
    assert await keeper.session(grant.cookie) is None
    assert await keeper.redeem_ticket(tickets[1], "ann-ci") is None


async def test_a_bearer_token_names_its_holder_at_the_gate(studio: Studio) -> None:
    ann = await studio.person("ann")
    token = studio.bearer(ann)["Authorization"].removeprefix("Bearer ")
    assert await gate(studio).bearer(token) == ann.id


class Agents(AgentClient):
    """An agent that answers what a test says."""

    def __init__(self, answer: Mapping[str, Any] | Exception) -> None:
        super().__init__()
        self.answer = answer

    async def ensure_application(
        self, endpoint: Endpoint, name: str, *, wait: float, terminal: str | None = None
    ) -> Mapping[str, Any]:
        assert (endpoint.address, name, wait) == ("unix//x/agent.sock", "jupyterlab", 5)
        assert terminal == "studio_1"
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


RUNNING = {"state": "Running", "upstream": "unix//x/jupyter.sock"}


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        (
            RUNNING | {"headers": {"Authorization": "token t"}},
            Upstream("unix//x/jupyter.sock", "token t"),
        ),
        (RUNNING, Upstream("unix//x/jupyter.sock", None)),
        (RUNNING | {"headers": {"Authorization": 3}}, Upstream("unix//x/jupyter.sock", None)),
        ({"state": "Starting"}, Starting(2)),
        ({"state": "Stopped"}, Starting(2)),
        (
            {"state": "Failing", "lastError": "it crashed"},
            Failed("Jupyter Lab cannot start. it crashed"),
        ),
        ({"state": "Running"}, Failed("The machine's agent gave no address for Jupyter Lab.")),
        (
            {"state": "Running", "upstream": {}},
            Failed("The machine's agent gave no address for Jupyter Lab."),
        ),
        (AgentUnreachable("silent"), Starting(2)),
        (AgentError("no room on the disk", status=503), Failed("no room on the disk")),
    ],
)
async def test_an_application_is_opened_by_the_agent(
    studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    answer: Mapping[str, Any] | Exception,
    wanted: object,
) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    compute = await an_instance(studio, ann)

    async def endpoint(machine_id: str) -> Endpoint:
        assert machine_id == compute.id
        return Endpoint("unix//x/agent.sock", "secret")

    monkeypatch.setattr(studio.services.engines["local"], "endpoint", endpoint)
    monkeypatch.setattr(type(studio.services), "agents", Agents(answer))
    assert await gate(studio).open_application(compute.id, JUPYTERLAB, 5, "studio_1") == wanted


async def test_an_engine_that_does_not_answer_means_later(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    compute = await an_instance(studio, ann)

    async def endpoint(machine_id: str) -> Endpoint:
        raise Unreachable("away")

    monkeypatch.setattr(studio.services.engines["local"], "endpoint", endpoint)
    assert await gate(studio).open_application(compute.id, JUPYTERLAB, 5) == Starting(2)
    assert await gate(studio).open_application("ci-gone", JUPYTERLAB, 5) == Starting(2)


class Scissors:
    """Remembers whose streams were cut."""

    def __init__(self) -> None:
        self.cut: list[str] = []

    async def revoke(self, machine: Machine) -> None:
        assert machine.sockets is not None
        self.cut.append(machine.sockets.rpartition("/")[2])


@pytest.mark.parametrize("ending", ["sign out", "role", "disabled", "token", "password"])
async def test_open_streams_are_cut_when_a_right_ends(studio: Studio, ending: str) -> None:
    olga = studio.bearer(await studio.person("olga", OWNER))
    ann = await studio.person("ann")
    bob = await studio.person("bob", DATA_SCIENTIST)
    role = await studio.assign(ann, DATA_SCIENTIST)
    mine = await an_instance(studio, ann)
    await an_instance(studio, bob, "bob-ci")
    scissors = Scissors()
    cutter = StreamCutter(studio.services, scissors)
    studio.identity.endings.listen(cutter.right_ended)
    async with studio.client() as client:
        if ending == "sign out":
            await studio.sign_in(client, "ann")
            await client.delete("/auth/session", headers={"Origin": ORIGIN})
        elif ending == "role":
            path = f"{SCOPE}/providers/Microsoft.Authorization/roleAssignments/{role}"
            await client.delete(path, params={"api-version": "2022-04-01"}, headers=olga)
        elif ending == "disabled":
            await client.patch("/auth/users/ann", json={"disabled": True}, headers=olga)
        elif ending == "token":
            made = await create_token(studio.identity, ann, "x", days=1, correlation="")
            bearer = {"Authorization": f"Bearer {made.secret}"}
            await client.delete(f"/auth/tokens/{made.token.id}", headers=bearer)
        else:
            link = await new_link(studio.identity, ann, by=None, correlation="")
            token = parse_qs(urlsplit(link).query)["t"][0]
            await use_link(studio.identity, token, "a brand new password", correlation="")
    await cutter.settled()
    assert scissors.cut == [mine.id]


class Daemon:
    """An engine whose daemon may be away; its machines have addresses."""

    def __init__(self, endpoint: Endpoint | None) -> None:
        self.says: Endpoint | Unreachable | None = endpoint

    async def endpoint(self, machine_id: str) -> Endpoint | None:
        if isinstance(self.says, Unreachable):
            raise self.says
        return self.says


def over(studio: Studio, daemon: Daemon) -> Services:
    engines = cast("Mapping[str, Engine]", {"local": daemon})
    return replace(studio.services, engines=engines, endpoints=Endpoints(engines))


async def test_a_machine_with_an_address_is_dialled_there_and_nowhere_else(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    await an_instance(studio, ann)
    services = over(studio, Daemon(Endpoint("10.1.2.3:44224", "secret")))
    found = await Gatekeeper(services, studio.identity).instance_by_host("ann-ci")
    assert found is not None
    assert found.machine == Machine(address="10.1.2.3")


async def test_an_open_instance_stays_open_while_its_engine_is_away(studio: Studio) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    compute = await an_instance(studio, ann)
    daemon = Daemon(Endpoint("10.1.2.3:44224", "secret"))
    services = over(studio, daemon)
    before = await machine_of(services, compute)
    daemon.says = Unreachable("no daemon")
    assert await machine_of(services, compute) == before
    daemon.says = None
    assert (await machine_of(services, compute)).address is None


async def test_a_machine_that_was_never_found_is_not_dialled_but_its_streams_are_cut(
    studio: Studio,
) -> None:
    ann = await studio.person("ann", DATA_SCIENTIST)
    compute = await an_instance(studio, ann)
    machine = await machine_of(over(studio, Daemon(Unreachable("no daemon"))), compute)
    assert machine.lost
    assert not valid_upstream("10.1.2.3:44225", machine)
