"""The real Caddy with the real gate: what passes, what does not, and what the instance sees."""

import hashlib
import socket
import ssl
import warnings
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.gateway import (
    APPLICATION_TOKEN,
    DOMAIN,
    NAVIGATE,
    FrontDoor,
    echoed,
    until,
)
from websockets.exceptions import InvalidStatus

from studiolo.domain.states import State
from studiolo.gateway.backend import Machine, Starting, Upstream
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.gateway.hosts import ticket_url


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_browser_without_a_session_is_sent_to_the_studio(door: FrontDoor, scheme: str):
    answer = await door.ask("ci1", "/lab/tree/a%20b?x=1", scheme=scheme, headers=NAVIGATE)
    assert answer.status_code == 302
    target = urlsplit(answer.headers["location"])
    assert f"{target.scheme}://{target.netloc}" == door.origin("", scheme)
    assert target.path == "/instances/open"
    assert parse_qs(target.query) == {"host": ["ci1"], "path": ["/lab/tree/a%20b?x=1"]}


async def test_a_program_without_a_session_gets_401(door: FrontDoor):
    answer = await door.ask("ci1", "/api/kernels")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "AuthenticationFailed"
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_hosts_that_do_not_exist_look_like_those_that_do(door: FrontDoor):
    real = await door.ask("ci1", "/lab", headers=NAVIGATE)
    unreal = await door.ask("nobody", "/lab", headers=NAVIGATE)
    assert unreal.status_code == real.status_code == 302


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_ticket_becomes_a_session_once(door: FrontDoor, scheme: str):
    door.backend.tickets["t-1"] = ("alice", "ci1")
    link = ticket_url("", "t-1", "/lab/tree?reset")
    answer = await door.ask("ci1", link, scheme=scheme, headers=NAVIGATE)
    assert (answer.status_code, answer.headers["location"]) == (303, "/lab/tree?reset")
    name, _, rest = answer.headers["set-cookie"].partition("=")
    assert name == SESSION_COOKIE
    attributes = {part.strip().lower() for part in rest.split(";")[1:]}
    assert {"path=/", "secure", "httponly", "samesite=lax"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)

    cookie = rest.partition(";")[0]
    page = await door.ask("ci1", "/lab", scheme=scheme, headers=NAVIGATE, cookie=cookie)
    assert page.status_code == 200
    again = await door.ask("ci1", link, scheme=scheme, headers=NAVIGATE)
    assert again.status_code == 401
    assert "set-cookie" not in again.headers


async def test_a_ticket_of_one_host_is_worth_nothing_on_another(door: FrontDoor):
    door.backend.add_instance("ci2", owner="bob", sockets=str(door.run / "m" / "ci-2"))
    door.backend.tickets["t-1"] = ("alice", "ci1")
    answer = await door.ask("ci2", ticket_url("", "t-1", "/lab"), headers=NAVIGATE)
    assert answer.status_code == 401


async def test_a_session_of_one_instance_opens_no_other(door: FrontDoor):
    door.backend.add_instance("ci2", sockets=str(door.run / "m" / "ci-2"))
    answer = await door.ask("ci2", "/api", cookie=door.backend.sign_in("ci1"))
    assert answer.status_code == 401


async def test_a_refusal_names_the_owner_and_the_missing_action(door: FrontDoor):
    cookie = door.backend.sign_in("ci1", "mallory")
    answer = await door.ask("ci1", "/api", cookie=cookie)
    assert answer.status_code == 403
    message = answer.json()["error"]["message"]
    assert "Alice" in message
    assert "computes/applicationaccess/action" in message
    assert door.upstream.requests == []


async def test_the_instance_gets_its_own_token_and_only_its_own_cookies(door: FrontDoor):
    answer = await door.ask(
        "ci1",
        "/api/contents?x=1",
        cookie=door.backend.sign_in("ci1"),
        headers={
            "Cookie": "_xsrf=2|x; studiolo_s=no; __Host-studiolo-studio=no; a={env.HOME}",
            "Authorization": "Basic c2VjcmV0",
        },
    )
    seen = answer.json()
    assert (seen["path"], seen["query"]) == ("/api/contents", "x=1")
    assert seen["headers"]["authorization"] == APPLICATION_TOKEN
    assert seen["headers"]["cookie"] == "_xsrf=2|x; a={env.HOME}"


async def test_without_cookies_of_its_own_the_instance_gets_none(door: FrontDoor):
    seen = (await door.ask("ci1", "/", cookie=door.backend.sign_in("ci1"))).json()
    assert "cookie" not in seen["headers"]


async def test_a_bearer_token_opens_and_is_consumed(door: FrontDoor):
    door.backend.tokens["slpat_1"] = "alice"
    answer = await door.ask("ci1", "/api", headers={"Authorization": "Bearer slpat_1"})
    assert answer.json()["headers"]["authorization"] == APPLICATION_TOKEN
    door.backend.upstreams["id-ci1"] = Upstream(f"unix/{door.run}/m/ci-1/jupyter.sock")
    door.cached.forget()
    answer = await door.ask("ci1", "/api", headers={"Authorization": "Bearer slpat_1"})
    assert "authorization" not in answer.json()["headers"]
    refused = await door.ask("ci1", "/api", headers={"Authorization": "Bearer slpat_2"})
    assert refused.status_code == 401


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_spoofed_headers_are_dropped_or_overwritten(door: FrontDoor, scheme: str):
    elsewhere = f"unix/{door.config.control_socket}"
    spoofed = {
        "X-Upstream": elsewhere,
        "X-Instance-Authorization": "token mine",
        "X-Instance-Cookie": "mine=1",
        "X-Instance-User": "root",
        "X-Studiolo-User": "root",
        "X-Forwarded-Proto": "gopher",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Method": "GET",
        "X-Forwarded-Uri": "/harmless",
        "X-Forwarded-Upgrade": "websocket",
        "X-Forwarded-Port": "1",
        "X-Real-Ip": "203.0.113.9",
        "X-Scheme": "gopher",
        "Forwarded": "for=203.0.113.9",
    }
    cookie = door.backend.sign_in("ci1")
    answer = await door.ask("ci1", "/api", scheme=scheme, cookie=cookie, headers=spoofed)
    headers = answer.json()["headers"]
    assert door.control_plane.requests == []
    assert headers["authorization"] == APPLICATION_TOKEN
    assert headers["x-forwarded-proto"] == scheme
    assert headers["x-forwarded-host"] == f"ci1.{DOMAIN}:{door.port(scheme)}"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    kept = {name for name in headers if name in {key.lower() for key in spoofed}}
    assert kept == {"x-forwarded-proto", "x-forwarded-host", "x-forwarded-for"}

    studio = await door.ask("", "/api", scheme=scheme, headers=spoofed)
    headers = studio.json()["headers"]
    assert headers["x-forwarded-proto"] == scheme
    assert not {"x-upstream", "x-instance-user", "x-studiolo-user"} & headers.keys()


async def test_the_upstream_is_told_to_nobody(door: FrontDoor):
    answer = await door.ask("ci1", "/api", cookie=door.backend.sign_in("ci1"))
    assert "sock" not in str(answer.headers)
    assert not [name for name in answer.json()["headers"] if name.startswith("x-instance")]
    assert "x-upstream" not in answer.json()["headers"]


async def test_an_instance_cannot_plant_cookies_on_its_siblings(door: FrontDoor):
    answer = await door.ask("ci1", "/api", cookie=door.backend.sign_in("ci1"))
    assert answer.headers.get_list("set-cookie") == ["planted=1; Path=/; HttpOnly"] * 2


async def test_only_the_studio_may_frame_an_instance(door: FrontDoor):
    answer = await door.ask("ci1", "/lab", cookie=door.backend.sign_in("ci1"))
    policy = answer.headers["content-security-policy"]
    assert policy == f"frame-ancestors 'self' {door.origin('', 'http')} {door.origin('')}"
    studio = await door.ask("", "/")
    assert studio.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert studio.headers["x-content-type-options"] == "nosniff"
    assert "server" not in studio.headers


@pytest.mark.parametrize("upstream", ["", "unix//etc/passwd", "127.0.0.1:2019", "CONTROL", "ADMIN"])
async def test_an_upstream_that_is_not_the_machines_own_is_not_dialled(
    door: FrontDoor, upstream: str
):
    names = {
        "CONTROL": f"unix/{door.config.control_socket}",
        "ADMIN": f"unix/{door.run}/m/ci-1/../../caddy.sock",
    }
    door.backend.upstreams["id-ci1"] = Upstream(names.get(upstream, upstream))
    answer = await door.ask("ci1", "/api", cookie=door.backend.sign_in("ci1"))
    assert answer.status_code == 502
    assert answer.json()["error"]["code"] == "InvalidUpstream"
    assert door.control_plane.requests == []


async def test_a_token_cannot_smuggle_a_header(door: FrontDoor):
    address = f"unix/{door.run}/m/ci-1/jupyter.sock"
    smuggled = f"token x\r\nX-Upstream: unix/{door.config.control_socket}"
    door.backend.upstreams["id-ci1"] = Upstream(address, smuggled)
    answer = await door.ask("ci1", "/api", cookie=door.backend.sign_in("ci1"))
    assert answer.status_code == 502
    assert door.control_plane.requests == []


async def test_a_symbolic_link_leads_nowhere(door: FrontDoor):
    (door.run / "m" / "ci-1" / "x.sock").symlink_to(door.config.control_socket)
    door.backend.upstreams["id-ci1"] = Upstream(f"unix/{door.run}/m/ci-1/x.sock")
    answer = await door.ask("ci1", "/api", cookie=door.backend.sign_in("ci1"))
    assert answer.status_code == 502


async def test_a_dead_upstream_shows_a_page_that_tries_again(door: FrontDoor):
    door.backend.upstreams["id-ci1"] = Upstream(f"unix/{door.run}/m/ci-1/gone.sock")
    cookie = door.backend.sign_in("ci1")
    page = await door.ask("ci1", "/lab", cookie=cookie, headers=NAVIGATE)
    assert page.status_code == 503
    assert page.headers["retry-after"] == "2"
    assert '<meta http-equiv="refresh" content="2">' in page.text
    assert "prefers-color-scheme:dark" in page.text
    call = await door.ask("ci1", "/api", cookie=cookie)
    assert (call.status_code, call.json()["error"]["code"]) == (503, "ServiceUnavailable")


async def test_a_starting_application_shows_a_page_that_tries_again(door: FrontDoor):
    door.backend.upstreams["id-ci1"] = Starting(retry_after=3)
    cookie = door.backend.sign_in("ci1")
    page = await door.ask("ci1", "/lab", cookie=cookie, headers=NAVIGATE)
    assert (page.status_code, page.headers["retry-after"]) == (503, "3")
    assert '<meta http-equiv="refresh" content="3">' in page.text
    call = await door.ask("ci1", "/api", cookie=cookie)
    assert call.json()["error"]["code"] == "ApplicationStarting"


async def test_a_stopped_instance_says_so(door: FrontDoor):
    door.backend.change("ci1", state=State.STOPPED)
    answer = await door.ask("ci1", "/api", cookie=door.backend.sign_in("ci1"))
    assert answer.status_code == 409
    assert "is Stopped" in answer.json()["error"]["message"]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", f"a.b.{DOMAIN}", f"{DOMAIN}.evil.example", "localhost"]
)
async def test_an_unknown_host_is_refused(door: FrontDoor, scheme: str, host: str):
    answer = await door.ask("", "/", scheme=scheme, host=host)
    assert answer.status_code == 421
    assert door.control_plane.requests == []


async def test_the_studio_takes_small_bodies_and_instances_any(door: FrontDoor):
    body = b"x" * 9_000_000
    assert (await door.ask("", "/", method="PUT", content=body)).status_code == 413
    door.backend.tokens["slpat_1"] = "alice"

    async def upload():
        for _ in range(64):
            yield b"y" * 1_000_000

    token = {"Authorization": "Bearer slpat_1"}
    answer = await door.ask("ci1", "/api", method="PUT", headers=token, content=upload())
    seen = answer.json()
    assert (seen["method"], seen["size"]) == ("PUT", 64_000_000)
    assert seen["sha256"] == hashlib.sha256(b"y" * 64_000_000).hexdigest()


async def test_an_upload_may_ask_before_it_sends(door: FrontDoor):
    door.backend.tokens["slpat_1"] = "alice"
    headers = {"Authorization": "Bearer slpat_1", "Expect": "100-continue"}
    answer = await door.ask("ci1", "/api", method="PUT", headers=headers, content=b"y" * 100_000)
    assert answer.json()["size"] == 100_000


async def test_a_request_from_another_page_is_refused(door: FrontDoor):
    cookie = door.backend.sign_in("ci1")
    foreign = {"Origin": door.origin("ci2")}
    answer = await door.ask("ci1", "/api", method="POST", cookie=cookie, headers=foreign)
    assert answer.status_code == 403
    assert door.upstream.requests == []
    own = {"Origin": door.origin("ci1")}
    answer = await door.ask("ci1", "/api", method="POST", cookie=cookie, headers=own)
    assert answer.status_code == 200


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_websocket_passes_end_to_end(door: FrontDoor, scheme: str):
    cookie = f"{SESSION_COOKIE}={door.backend.sign_in('ci1')}"
    opening = door.websocket(
        "ci1",
        "/terminals/websocket/1",
        scheme=scheme,
        Cookie=cookie,
        Origin=door.origin("ci1", scheme),
    )
    async with opening as connection:
        assert await echoed(connection, "hello")
        assert await echoed(connection, "x" * 500_000)
    assert door.upstream.requests[0]["headers"]["authorization"] == APPLICATION_TOKEN
    assert "cookie" not in door.upstream.requests[0]["headers"]
    assert door.backend.opened == ["terminal"]


async def test_a_websocket_with_a_bearer_token_needs_no_origin(door: FrontDoor):
    door.backend.tokens["slpat_1"] = "alice"
    async with door.websocket("ci1", "/api", Authorization="Bearer slpat_1") as connection:
        assert await echoed(connection, "hello")


@pytest.mark.parametrize("origin", ["", "https://evil.example", "SIBLING", "null", "OTHER SCHEME"])
async def test_a_websocket_from_elsewhere_is_refused(door: FrontDoor, origin: str):
    named = {"SIBLING": door.origin("ci2"), "OTHER SCHEME": door.origin("ci1", "http")}
    headers = {"Cookie": f"{SESSION_COOKIE}={door.backend.sign_in('ci1')}"}
    if origin:
        headers["Origin"] = named.get(origin, origin)
    with pytest.raises(InvalidStatus) as refused:
        async with door.websocket("ci1", "/terminals/websocket/1", **headers):
            pass
    assert refused.value.response.status_code == 403
    assert door.upstream.requests == []


async def test_https_is_trusted_by_the_internal_ca_and_starts_at_tls_1_2(door: FrontDoor):
    assert (await door.ask("", "/")).status_code == 200
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old = ssl.create_default_context(cafile=door.config.root_certificate)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        old.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", door.config.https_port)) as connection,
        pytest.raises(ssl.SSLError, match=r"(?i)protocol version"),
    ):
        old.wrap_socket(connection, server_hostname=DOMAIN)


async def test_page_loads_cost_few_lookups_and_revocation_is_seen(door: FrontDoor):
    cookie = door.backend.sign_in("ci1")
    for _ in range(20):
        assert (await door.ask("ci1", "/api", cookie=cookie)).status_code == 200
    assert door.backend.calls["session"] < 10
    del door.backend.sessions[cookie]
    door.cached.forget()
    assert (await door.ask("ci1", "/api", cookie=cookie)).status_code == 401


async def test_the_log_has_no_secrets(door: FrontDoor):
    door.backend.upstreams["id-ci1"] = Upstream(f"unix/{door.run}/m/ci-1/gone.sock")
    cookie = door.backend.sign_in("ci1")
    await door.ask(
        "ci1",
        "/api?token=secret-one&t=secret-two&kept=yes",
        cookie=cookie,
        headers={
            "Referer": "https://x/?token=secret-three",
            "Cookie": "a=secret-four",
            "Sec-WebSocket-Protocol": "v1.token.websocket.jupyter.org.secret-five",
        },
    )
    await until(lambda: "gone.sock" in door.config.log_file.read_text())
    log = door.config.log_file.read_text()
    assert "kept=yes" in log
    assert "secret-" not in log
    assert cookie not in log
    assert APPLICATION_TOKEN not in log
    assert door.config.log_file.stat().st_mode & 0o777 == 0o600


async def test_the_administration_socket_is_private(door: FrontDoor):
    assert door.config.admin_socket.stat().st_mode & 0o777 == 0o600
    assert door.backend.instances["ci1"].machine == Machine(sockets=str(door.run / "m" / "ci-1"))
