"""The gate on its socket, asked without Caddy."""

import asyncio
import base64
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.support.gateway import DOMAIN, NAVIGATE, MemoryBackend, listening

from studiolo.domain.states import State
from studiolo.gateway.backend import Failed, Starting
from studiolo.gateway.cache import CachedBackend
from studiolo.gateway.gate import Gate
from studiolo.gateway.gate_server import GateServer

QUESTION = {
    "X-Forwarded-Method": "GET",
    "X-Forwarded-Host": f"ci1.{DOMAIN}",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Uri": "/lab",
    "Authorization": "Bearer good",
}


@pytest.fixture
def gate() -> Gate:
    backend = MemoryBackend()
    backend.add_instance("ci1", sockets="/run/m/ci-1")
    backend.tokens["good"] = "alice"
    return Gate(CachedBackend(backend), DOMAIN, wait=0)


@contextlib.asynccontextmanager
async def asking(gate: Gate, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks as Caddy does."""
    path = folder / "gate.sock"
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with (
        GateServer(gate, listening(path)),
        httpx.AsyncClient(transport=transport, base_url="http://gate") as client,
    ):
        yield client


async def test_a_question_is_answered(gate: Gate, short_folder: Path):
    async with asking(gate, short_folder) as client:
        answer = await client.get("/gate", headers=QUESTION)
        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["x-upstream"].startswith("unix//run/m/ci-1/")
        answer = await client.get("/gate", headers={**QUESTION, "Authorization": "Bearer bad"})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "AuthenticationFailed"
        assert (await client.get("/gate")).status_code == 404


async def test_a_bug_in_the_backend_lets_nothing_pass(gate: Gate, short_folder: Path, caplog):
    async def broken(label: str):
        raise RuntimeError("a bug")

    gate.cached.backend.instance_by_host = broken  # type: ignore[method-assign]
    async with asking(gate, short_folder) as client:
        answer = await client.get("/gate", headers=QUESTION)
    assert answer.status_code == 503
    assert "bug" not in answer.text
    assert "a bug" in caplog.text
    assert "Bearer" not in caplog.text


async def test_one_connection_asks_many_times(gate: Gate, short_folder: Path):
    path = short_folder / "gate.sock"
    head = "".join(f"{name}: {value}\r\n" for name, value in QUESTION.items())
    asked = f"GET /gate HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode()
    async with GateServer(gate, listening(path)):
        reader, writer = await asyncio.open_unix_connection(path)
        for _ in range(3):
            writer.write(asked[:40])
            await writer.drain()
            writer.write(asked[40:])
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 204 No Content\r\nx-upstream: unix//run/m/ci-1/")
        writer.close()


@pytest.mark.parametrize(
    "sent",
    [
        b"not http at all\r\n\r\n",
        b"GET /other HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /gate HTTP/1.1\r\nHost: x\r\n\r\n" * 2,
    ],
)
async def test_what_is_not_caddys_is_hung_up_on(gate: Gate, short_folder: Path, sent: bytes):
    path = short_folder / "gate.sock"
    async with GateServer(gate, listening(path)):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(sent)
        assert b" 204 " not in await asyncio.wait_for(reader.read(), 5)
        writer.close()


async def test_closing_hangs_up_on_open_connections(gate: Gate, short_folder: Path):
    path = short_folder / "gate.sock"
    async with GateServer(gate, listening(path)):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"GET /gate HTTP/1.1\r\nHost: x\r\n\r\n")
        await reader.readuntil(b"\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5) is not None
    assert reader.at_eof()
    writer.close()


@pytest.mark.parametrize(
    ("uri", "found", "heading", "bar"),
    [
        ("/_studiolo/ticket?t=spent", None, "This link has been used", False),
        ("/lab", Failed("JupyterLab cannot start."), "The application cannot be opened", False),
        ("/lab", Starting(2), "Almost there", True),
    ],
)
async def test_a_page_shows_a_bar_only_where_waiting_is_enough(
    gate: Gate,
    short_folder: Path,
    uri: str,
    found: Starting | Failed | None,
    heading: str,
    bar: bool,
):
    if found is not None:
        gate.cached.backend.upstreams["id-ci1"] = found  # type: ignore[attr-defined]
    asked = {**QUESTION, **NAVIGATE, "X-Forwarded-Uri": uri}
    async with asking(gate, short_folder) as client:
        page = (await client.get("/gate", headers=asked)).text
    assert f"<h1>{heading}</h1>" in page
    assert ('class="bar"' in page) == bar
    assert ">Open the studio</a>" in page


STUDIO = f"https://{DOMAIN}"
IN_A_FRAME = {
    **NAVIGATE,
    "Sec-Fetch-Dest": "iframe",
    "Sec-Fetch-Site": "same-site",
    "Referer": f"{STUDIO}/",
}


def told(answer: httpx.Response) -> dict[str, object]:
    """What the page's one script posts to the studio; the page's policy lets that script run."""
    (script,) = re.findall(r"<script>(.*?)</script>", answer.text)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"; script-src 'sha256-{digest}';" in answer.headers["content-security-policy"]
    found = re.fullmatch(r"if\(parent!==self\)parent\.postMessage\((\{.*\}),(\".*\")\)", script)
    assert found
    assert json.loads(found[2]) == STUDIO
    message: dict[str, object] = json.loads(found[1])
    return message


@pytest.mark.parametrize(
    ("uri", "word"),
    [
        ("/_studiolo/ready", "studiolo-ready"),
        ("/_studiolo/signed-out", "studiolo-signed-out"),
    ],
)
async def test_a_frame_tells_the_studio_and_nobody_else(
    gate: Gate, short_folder: Path, uri: str, word: str
):
    async with asking(gate, short_folder) as client:
        asked = {**QUESTION, **IN_A_FRAME, "X-Forwarded-Uri": uri}
        answer = await client.get("/gate", headers=asked)
    assert answer.status_code == 200
    assert told(answer) == {"type": word}
    assert answer.headers["content-security-policy"].endswith(f"; frame-ancestors {STUDIO}")
    assert answer.headers["cache-control"] == "no-store"
    assert ">Open the studio</a>" in answer.text


async def test_a_frame_tells_the_studio_why_it_shows_nothing(gate: Gate, short_folder: Path):
    gate.cached.backend.change(  # type: ignore[attr-defined]
        "ci1", state=State.UNUSABLE, reason="</script><b>Its disk is full</b>"
    )
    async with asking(gate, short_folder) as client:
        answer = await client.get("/gate", headers={**QUESTION, **IN_A_FRAME})
    assert told(answer) == {
        "type": "studiolo-refused",
        "status": 409,
        "code": "ComputeInstanceNotRunning",
        "message": "Compute instance 'ci1' is Unusable. </script><b>Its disk is full</b>",
        "retryAfter": None,
    }
    assert answer.headers["content-security-policy"].endswith(f"frame-ancestors 'self' {STUDIO}")


async def test_a_page_of_a_whole_tab_runs_no_script(gate: Gate, short_folder: Path):
    gate.cached.backend.upstreams["id-ci1"] = Starting(2)  # type: ignore[attr-defined]
    async with asking(gate, short_folder) as client:
        answer = await client.get("/gate", headers={**QUESTION, **NAVIGATE})
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]
