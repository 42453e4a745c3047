"""The passage rules, as a table: from where, how, as whom -> what happens."""

from dataclasses import replace

import pytest
from tests.support.gateway import MemoryBackend

from studiolo.domain.errors import Unavailable
from studiolo.domain.states import State
from studiolo.gateway.backend import Failed, Starting, Upstream
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.gateway.passage import (
    Decision,
    Pass,
    Redirect,
    Refuse,
    Request,
    SetCookieAndRedirect,
    Tell,
    Word,
    decide,
)

DOMAIN = "studiolo.localhost"
OWN = "https://ci1.studiolo.localhost"
SIBLING = "https://ci2.studiolo.localhost"
STUDIO = "https://studiolo.localhost"
SESSION = {"cookies": f"a=1; {SESSION_COOKIE}=good"}
BEARER = {"authorization": "Bearer good"}
WEBSOCKET = {"upgrade": "WebSocket", "fetch_mode": "websocket"}
STUDIO_SOCKET = {**SESSION, **WEBSOCKET, "origin": STUDIO, "uri": "/terminals/websocket/a_1"}


def fetch(site: str, mode: str = "cors", dest: str = "empty") -> dict[str, str]:
    return {"fetch_site": site, "fetch_mode": mode, "fetch_dest": dest}


def page(site: str, dest: str = "document") -> dict[str, str]:
    return fetch(site, "navigate", dest)


@pytest.fixture
def backend() -> MemoryBackend:
    memory = MemoryBackend()
    memory.add_instance("ci1", sockets="/run/m/ci-1")
    memory.sessions["good"] = replace(_session(memory), principal_id="alice")
    memory.tokens["good"] = "alice"
    return memory


def _session(memory: MemoryBackend):
    return memory.sessions[memory.sign_in("ci1")]


async def ask(backend: MemoryBackend, *, method: str = "GET", uri: str = "/api", **fields: str):
    host = fields.pop("host", "ci1.studiolo.localhost")
    return await decide(Request(method, host, uri, "https", **fields), DOMAIN, backend, wait=0)


def outcome(decision: Decision) -> str:
    match decision:
        case Pass():
            return "pass"
        case Redirect():
            return "to the studio"
        case SetCookieAndRedirect():
            return "session begins"
        case Tell(word=word):
            return word.value
        case Refuse(status=status):
            return str(status)


TABLE = [
    # an own page, with the session's cookie
    ("own page, GET", {**SESSION, **fetch("same-origin")}, "pass"),
    ("own page, POST", {**SESSION, "method": "POST", "origin": OWN}, "pass"),
    ("own page, POST by site", {**SESSION, "method": "POST", **fetch("same-origin")}, "pass"),
    ("own page, DELETE by site", {**SESSION, "method": "DELETE", **fetch("same-origin")}, "pass"),
    ("own page, WebSocket", {**SESSION, **WEBSOCKET, "origin": OWN}, "pass"),
    ("old browser, GET", SESSION, "pass"),
    ("typed address", {**SESSION, **page("none")}, "pass"),
    ("own link in an own iframe", {**SESSION, **page("same-origin", "iframe")}, "pass"),
    # links
    ("a link from anywhere", {**SESSION, **page("cross-site")}, "pass"),
    ("a link from the studio", {**SESSION, **page("same-site")}, "pass"),
    ("a link, no session", page("cross-site"), "to the studio"),
    ("old browser's page, no session", {"accept": "text/html,*/*"}, "to the studio"),
    # embedding
    (
        "the studio's iframe",
        {**SESSION, **page("same-site", "iframe"), "referer": STUDIO + "/"},
        "pass",
    ),
    (
        "a sibling's iframe",
        {**SESSION, **page("same-site", "iframe"), "referer": SIBLING + "/"},
        "403",
    ),
    (
        "an iframe of a host that begins like the studio's",
        {**SESSION, **page("same-site", "iframe"), "referer": STUDIO + ".evil.example/"},
        "403",
    ),
    ("an iframe of nobody's", {**SESSION, **page("same-site", "iframe")}, "403"),
    (
        "another site's iframe",
        {**SESSION, **page("cross-site", "iframe"), "referer": STUDIO + "/"},
        "403",
    ),
    (
        "a page in the studio's iframe that went to the studio for a session",
        {**SESSION, **page("same-site", "iframe"), "referer": OWN + "/"},
        "pass",
    ),
    (
        "an iframe of a host that begins like its own",
        {**SESSION, **page("same-site", "iframe"), "referer": OWN + ".evil.example/"},
        "403",
    ),
    ("an object element", {**SESSION, **page("same-site", "object")}, "403"),
    # other pages' requests
    ("a sibling's GET", {**SESSION, **fetch("same-site", "no-cors", "image")}, "403"),
    ("another site's script", {**SESSION, **fetch("cross-site", "no-cors", "script")}, "403"),
    ("a sibling's POST", {**SESSION, "method": "POST", "origin": SIBLING}, "403"),
    ("a sibling's form", {**SESSION, "method": "POST", **page("same-site")}, "403"),
    ("a sibling's preflight", {"method": "OPTIONS", "origin": SIBLING}, "403"),
    ("the studio's fetch", {**SESSION, "origin": STUDIO, **fetch("same-site")}, "403"),
    ("a sandboxed page's POST", {**SESSION, "method": "POST", "origin": "null"}, "403"),
    ("the same host on http", {**SESSION, "origin": OWN.replace("https", "http")}, "403"),
    ("two origins", {**SESSION, "origin": f"{OWN}, {OWN}"}, "403"),
    ("a change from nowhere", {**SESSION, "method": "POST"}, "403"),
    ("a sibling's WebSocket", {**SESSION, **WEBSOCKET, "origin": SIBLING}, "403"),
    ("the studio's WebSocket", {**SESSION, **WEBSOCKET, "origin": STUDIO}, "403"),
    ("a WebSocket without origin", {**SESSION, **WEBSOCKET}, "403"),
    ("a WebSocket without a session", {**WEBSOCKET, "origin": OWN}, "401"),
    # the studio's terminal, and what only looks like it
    ("the studio's terminal", STUDIO_SOCKET, "pass"),
    ("the studio's terminal, newer browser", {**STUDIO_SOCKET, **fetch("same-site")}, "pass"),
    ("the studio's terminal, no session", {**STUDIO_SOCKET, "cookies": ""}, "401"),
    ("the studio's terminal, stale session",
     {**STUDIO_SOCKET, "cookies": f"{SESSION_COOKIE}=old"}, "401"),
    ("the studio's terminal, by a token", {**STUDIO_SOCKET, "cookies": "", **BEARER}, "403"),
    ("the studio's terminal, token and session", {**STUDIO_SOCKET, **BEARER}, "403"),
    ("the studio's terminal, from another site", {**STUDIO_SOCKET, "fetch_site": "cross-site"},
     "403"),
    ("a sibling's terminal", {**STUDIO_SOCKET, "origin": SIBLING}, "403"),
    ("another site's terminal", {**STUDIO_SOCKET, "origin": "https://evil.localhost"}, "403"),
    ("the studio on http", {**STUDIO_SOCKET, "origin": STUDIO.replace("https", "http")}, "403"),
    ("the studio on another port", {**STUDIO_SOCKET, "origin": STUDIO + ":8443"}, "403"),
    ("no origin's terminal", {**STUDIO_SOCKET, "origin": "null"}, "403"),
    ("the studio's POST to a terminal", {**STUDIO_SOCKET, "method": "POST"}, "403"),
    ("the studio's fetch of a terminal",
     {**SESSION, "origin": STUDIO, "uri": "/terminals/websocket/1", **fetch("same-site")}, "403"),
    ("the studio's kernel", {**STUDIO_SOCKET, "uri": "/api/kernels/0-1/channels"}, "403"),
    ("the studio's events", {**STUDIO_SOCKET, "uri": "/api/events/subscribe"}, "403"),
    ("the studio's files", {**STUDIO_SOCKET, "uri": "/api/collaboration/room/x"}, "403"),
    ("the studio's terminal with a query",
     {**STUDIO_SOCKET, "uri": "/terminals/websocket/1?token=x"}, "403"),
    ("a terminal with a hyphen, which Jupyter takes for none",
     {**STUDIO_SOCKET, "uri": "/terminals/websocket/a-1"}, "403"),
    ("a terminal of no name", {**STUDIO_SOCKET, "uri": "/terminals/websocket/"}, "403"),
    ("a terminal of a long name",
     {**STUDIO_SOCKET, "uri": "/terminals/websocket/" + "x" * 65}, "403"),
    ("a path that leads away",
     {**STUDIO_SOCKET, "uri": "/terminals/websocket/../../api/kernels"}, "403"),
    ("an escaped path", {**STUDIO_SOCKET, "uri": "/terminals/websocket/%61"}, "403"),
    ("a name of another alphabet", {**STUDIO_SOCKET, "uri": "/terminals/websocket/é"}, "403"),
    ("a line end", {**STUDIO_SOCKET, "uri": "/terminals/websocket/a\n"}, "403"),
    # the gate's own pages
    (
        "the studio asks whether it is ready",
        {**SESSION, **page("same-site", "iframe"), "referer": STUDIO + "/",
         "uri": "/_studiolo/ready"},
        "studiolo-ready",
    ),
    (
        "the studio asks, no session",
        {**page("same-site", "iframe"), "referer": STUDIO + "/", "uri": "/_studiolo/ready"},
        "to the studio",
    ),
    (
        "a sibling asks whether it is ready",
        {**SESSION, **page("same-site", "iframe"), "referer": SIBLING + "/",
         "uri": "/_studiolo/ready"},
        "403",
    ),
    (
        "another site asks whether it is ready",
        {**SESSION, **page("cross-site", "iframe"), "referer": "https://evil.localhost/",
         "uri": "/_studiolo/ready"},
        "403",
    ),
    ("a sibling's script asks", {**SESSION, **fetch("same-site"), "uri": "/_studiolo/ready"},
     "403"),
    (
        "signed out, in the studio's frame",
        {**page("same-site", "iframe"), "referer": STUDIO + "/", "uri": "/_studiolo/signed-out"},
        "studiolo-signed-out",
    ),
    (
        "signed out, in a sibling's frame",
        {**page("same-site", "iframe"), "referer": SIBLING + "/", "uri": "/_studiolo/signed-out"},
        "403",
    ),
    (
        "refused, in the studio's frame",
        {**page("same-site", "iframe"), "referer": STUDIO + "/", "uri": "/_studiolo/refused"},
        "403",
    ),
    # programs
    ("a token", BEARER, "pass"),
    ("a token, lower case", {"authorization": "bearer good"}, "pass"),
    ("a token, POST", {**BEARER, "method": "POST"}, "pass"),
    ("a token, WebSocket", {**BEARER, **WEBSOCKET}, "pass"),
    ("a token, WebSocket of a sibling", {**BEARER, **WEBSOCKET, "origin": SIBLING}, "403"),
    ("a bad token", {"authorization": "Bearer bad"}, "401"),
    ("a bad token with a good session", {**SESSION, "authorization": "Bearer bad"}, "401"),
    ("a bad token on a page", {"authorization": "Bearer bad", **page("none")}, "401"),
    ("Jupyter's own scheme is no sign-in", {"authorization": "token good"}, "401"),
    # odd things
    ("TRACE", {**SESSION, "method": "TRACE"}, "405"),
    ("CONNECT", {**SESSION, "method": "CONNECT"}, "405"),
    ("h2c", {**SESSION, "upgrade": "h2c"}, "400"),
    ("nothing at all", {"method": ""}, "405"),
    ("two session cookies", {"cookies": f"{SESSION_COOKIE}=x; {SESSION_COOKIE}=good"}, "pass"),
    ("a stale session", {"cookies": f"{SESSION_COOKIE}=old"}, "401"),
    ("a stale session on a page", {"cookies": f"{SESSION_COOKIE}=old", **page("none")},
     "to the studio"),
    # hosts
    ("no such instance, session", {**SESSION, "host": "ci9.studiolo.localhost"}, "401"),
    ("no such instance, token", {**BEARER, "host": "ci9.studiolo.localhost"}, "404"),
    ("no such instance, page", {**page("none"), "host": "ci9.studiolo.localhost"},
     "to the studio"),
    ("the studio's own host", {**SESSION, "host": "studiolo.localhost"}, "404"),
    ("two labels", {**SESSION, "host": "a.ci1.studiolo.localhost"}, "404"),
    ("capitals", {**SESSION, "host": "CI1.Studiolo.Localhost"}, "pass"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "expected"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE]
)
async def test_rule(backend: MemoryBackend, fields: dict[str, str], expected: str):
    assert outcome(await ask(backend, **fields)) == expected


@pytest.mark.parametrize(
    ("state", "status", "retry"),
    [
        (State.CREATING, 503, 2),
        (State.SETTING_UP, 503, 2),
        (State.STARTING, 503, 2),
        (State.RESTARTING, 503, 2),
        (State.STOPPING, 409, None),
        (State.STOPPED, 409, None),
        (State.DELETING, 409, None),
        (State.CREATE_FAILED, 409, None),
        (State.UNUSABLE, 409, None),
    ],
)
async def test_an_instance_that_does_not_run_is_not_asked(
    backend: MemoryBackend, state: State, status: int, retry: int | None
):
    backend.change("ci1", state=state)
    refused = await ask(backend, **BEARER)
    assert isinstance(refused, Refuse)
    assert (refused.status, refused.retry_after) == (status, retry)
    assert backend.opened == []


@pytest.mark.parametrize("state", [State.RUNNING, State.UNKNOWN, State.RESIZING])
async def test_an_instance_that_may_run_is_asked(backend: MemoryBackend, state: State):
    backend.change("ci1", state=state)
    assert isinstance(await ask(backend, **BEARER), Pass)


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        (State.UNUSABLE, "Its disk is full: restart it.", "is Unusable. Its disk is full: restart"),
        (State.UNUSABLE, None, "Start it"),
        (State.STOPPED, None, "Start it"),
        (State.STOPPING, None, "Wait until it has stopped"),
        (State.CREATE_FAILED, None, "cannot be started"),
        (State.DELETING, None, "cannot be started"),
    ],
)
async def test_the_advice_is_what_the_state_allows(
    backend: MemoryBackend, state: State, reason: str | None, told: str
):
    backend.change("ci1", state=state, reason=reason)
    refused = await ask(backend, **BEARER)
    assert isinstance(refused, Refuse)
    assert told in refused.message


async def test_a_failure_is_told_once(backend: MemoryBackend):
    backend.upstreams["id-ci1"] = Failed("JupyterLab cannot start. Its disk is full.")
    refused = await ask(backend, **BEARER)
    assert isinstance(refused, Refuse)
    assert refused.message == "JupyterLab cannot start. Its disk is full."


async def test_a_spent_link_says_so(backend: MemoryBackend):
    refused = await ask(backend, uri="/_studiolo/ticket?t=spent&path=/lab", **page("none"))
    assert isinstance(refused, Refuse)
    assert refused.title == "This link has been used"


async def test_whose_it_is_comes_before_how_it_is(backend: MemoryBackend):
    backend.change("ci1", state=State.STOPPED, allowed=frozenset({"bob"}))
    refused = await ask(backend, **BEARER)
    assert isinstance(refused, Refuse)
    assert refused.status == 403
    assert refused.message.startswith("This instance belongs to ")


@pytest.mark.parametrize(
    ("path", "application"),
    [
        ("/", "jupyterlab"),
        ("/lab", "jupyterlab"),
        ("/lab/tree/terminals/x", "jupyterlab"),
        ("/api/kernels?x=/tree", "jupyterlab"),
        ("/labels", "jupyterlab"),
        ("/tree", "jupyter"),
        ("/tree?x=1", "jupyter"),
        ("/notebooks/a.ipynb", "jupyter"),
        ("/edit/a", "jupyter"),
        ("/consoles/a", "jupyter"),
        ("/terminals/1", "terminal"),
        ("/terminals/websocket/1", "terminal"),
    ],
)
async def test_a_path_starts_its_application(backend: MemoryBackend, path: str, application: str):
    passed = await ask(backend, uri=path, **BEARER)
    assert isinstance(passed, Pass)
    assert passed.application == application


@pytest.mark.parametrize(
    ("fields", "terminal"),
    [
        (STUDIO_SOCKET, "a_1"),
        ({**STUDIO_SOCKET, "origin": OWN}, None),
        ({**BEARER, **WEBSOCKET, "uri": "/terminals/websocket/a_1"}, None),
        ({**SESSION, "uri": "/terminals/a_1"}, None),
    ],
)
async def test_only_the_studio_makes_the_terminal_that_it_opens(
    backend: MemoryBackend, fields: dict[str, str], terminal: str | None
):
    assert isinstance(await ask(backend, **fields), Pass)
    assert (backend.opened, backend.terminals) == (["terminal"], [terminal])


@pytest.mark.parametrize("state", [State.STOPPED, State.STARTING, State.RUNNING])
async def test_a_session_is_ready_whatever_the_instance_does(backend: MemoryBackend, state: State):
    backend.change("ci1", state=state)
    assert await ask(backend, uri="/_studiolo/ready", **SESSION) == Tell(Word.READY)
    assert backend.opened == []


async def test_nothing_is_ready_for_who_has_no_right(backend: MemoryBackend):
    backend.change("ci1", allowed=frozenset({"bob"}))
    refused = await ask(backend, uri="/_studiolo/ready", **SESSION)
    assert isinstance(refused, Refuse)
    assert refused.status == 403


@pytest.mark.parametrize(
    ("found", "code", "retry"),
    [
        (Starting(retry_after=4), "ApplicationStarting", 4),
        (Failed("the disk is full"), "ApplicationFailed", 10),
        (Upstream("unix//run/cp.sock"), "InvalidUpstream", None),
        (
            Upstream("unix//run/m/ci-1/j.sock", "token x\nX-Upstream: y"),
            "InvalidUpstream",
            None,
        ),
    ],
)
async def test_what_cannot_be_opened_says_why(
    backend: MemoryBackend, found: Upstream | Starting | Failed, code: str, retry: int | None
):
    backend.upstreams["id-ci1"] = found
    refused = await ask(backend, **BEARER)
    assert isinstance(refused, Refuse)
    assert (refused.code, refused.retry_after) == (code, retry)


async def test_an_error_of_the_backend_keeps_its_status(backend: MemoryBackend):
    async def broken(label: str):
        raise Unavailable("the store does not answer")

    backend.instance_by_host = broken  # type: ignore[method-assign]
    refused = await ask(backend, **BEARER)
    assert isinstance(refused, Refuse)
    assert (refused.status, refused.code) == (503, "ServiceUnavailable")


@pytest.mark.parametrize(
    ("uri", "fields", "expected"),
    [
        ("?t=t1&path=/lab", page("cross-site"), "session begins"),
        ("?t=t1&path=%2Flab%2Ftree%2Fa%2520b", page("same-site"), "session begins"),
        ("?t=t1", page("none"), "session begins"),
        ("?t=t2&path=/lab", page("none"), "401"),
        ("?path=/lab", page("none"), "400"),
        ("?t=t1&t=t2", page("none"), "400"),
        ("?t=t1&path=//evil.example", page("none"), "400"),
        ("?t=t1&path=https://evil.example", page("none"), "400"),
        ("?t=t1&path=/%5Cevil.example", page("none"), "400"),
        ("?t=t1&path=/%09/evil.example", page("none"), "400"),
        ("?t=t1&path=/_studiolo/ticket?t=t1", page("none"), "400"),
        ("?t=t1&path=/lab", fetch("same-origin"), "405"),
        ("?t=t1&path=/lab", fetch("cross-site", "no-cors", "image"), "403"),
        ("?t=t1&path=/lab", {"method": "POST", **page("cross-site")}, "403"),
    ],
)
async def test_ticket(backend: MemoryBackend, uri: str, fields: dict[str, str], expected: str):
    backend.tickets["t1"] = ("alice", "ci1")
    decision = await ask(backend, uri=f"/_studiolo/ticket{uri}", **fields)
    assert outcome(decision) == expected
    assert ("t1" in backend.tickets) == (expected != "session begins")


def test_secrets_do_not_show_in_reprs(backend: MemoryBackend):
    request = Request("GET", "h", "/", "https", authorization="secret", cookies="secret")
    passed = Pass("u", "p", "i", "a", authorization="secret", cookies="secret")
    granted = SetCookieAndRedirect("/", 1, cookie="secret")
    assert "secret" not in f"{request!r} {passed!r} {granted!r} {Upstream('u', 'secret')!r}"
