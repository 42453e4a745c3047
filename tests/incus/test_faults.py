"""What is missing, wrong or somebody else's is told in a sentence, and nothing is lost."""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.certificates import self_signed
from tests.support.incus import POOL, need_daemon

from studiolo.domain.machine import Presence
from studiolo.engines.base import EngineError, Permanent, Temporary, Unreachable
from studiolo.engines.conformance import DEPLOYMENT, new_spec, until, well
from studiolo.engines.incus import IncusEngine
from studiolo.engines.incus.client import Daemon, Full
from studiolo.engines.incus.config import Remote
from studiolo.engines.saying import in_full

REPOSITORY = Path(__file__).parents[2]


def engine_with(region, **changes) -> IncusEngine:
    return IncusEngine(DEPLOYMENT, replace(region.config, **changes))


async def test_without_a_daemon_the_region_is_unreachable_and_administrators_learn_the_socket(
    tmp_path, region
):
    engine = engine_with(region, daemon=tmp_path / "no.socket")
    for call in (engine.observe("ci-1"), engine.list_owned(), engine.ensure(new_spec())):
        with pytest.raises(Unreachable, match="an administrator starts it") as failed:
            await call
        assert "no.socket" not in str(failed.value)
        assert str(tmp_path / "no.socket") in in_full(failed.value)


async def test_a_missing_network_is_named_and_nothing_is_made(region):
    engine, spec = engine_with(region, network="nosuch0"), new_spec()
    with pytest.raises(Permanent, match="no network 'nosuch0'"):
        await engine.ensure(spec)
    assert not (await engine.health()).ok
    await engine.delete(spec.id)
    assert region.traces(spec.id) == []


async def test_a_missing_image_is_named_with_the_command_that_makes_it(region):
    engine, spec = engine_with(region), replace(new_spec(), image="nosuch")
    with pytest.raises(Permanent, match=r"studiolo-nosuch-slim.*studiolo image build"):
        await engine.ensure(spec)
    await engine.delete(spec.id)
    assert region.traces(spec.id) == []


async def test_a_missing_pool_is_named_by_health_and_by_a_create(region):
    engine, spec = engine_with(region, pool="nosuch", loops=None), new_spec()
    assert "'nosuch'" in (await engine.health()).message
    with pytest.raises(EngineError, match=r"nosuch|[Nn]ot found"):
        await engine.ensure(spec)


async def test_a_strangers_container_of_the_same_name_is_never_touched(region):
    engine, spec = region.engine(), new_spec()
    order = {
        "name": spec.id,
        "source": {"type": "image", "alias": "studiolo-ml-slim"},
        "profiles": [],
        "devices": {"root": {"type": "disk", "path": "/", "pool": POOL}},
    }
    await engine.daemon.change("POST", "/instances", order)
    try:
        before = await engine.daemon.get(f"/instances/{spec.id}")
        for call in (engine.ensure(spec), engine.stop(spec.id, grace=0), engine.delete(spec.id)):
            with pytest.raises(Permanent, match=r"not this deployment's\. It was not touched"):
                await call
        assert (await engine.observe(spec.id)).presence is Presence.ABSENT
        assert spec.id not in await engine.list_owned()
        assert await engine.endpoint(spec.id) is None
        assert await engine.logs(spec.id, "console", tail=5) is None
        assert await engine.daemon.get(f"/instances/{spec.id}") == before
    finally:
        await engine.daemon.change("DELETE", f"/instances/{spec.id}")


async def test_a_full_pool_is_told_as_a_full_disk_and_leaves_nothing(region):
    daemon, name = Daemon(need_daemon()), f"small{os.getpid()}"
    await daemon.change(
        "POST", "/storage-pools", {"name": name, "driver": "btrfs", "config": {"size": "256MiB"}}
    )
    try:
        engine, spec = engine_with(region, pool=name), new_spec()
        with pytest.raises(Full, match="Free some space"):
            await engine.ensure(spec)
        await engine.delete(spec.id)
        assert region.traces(spec.id) == []
    finally:
        for volume in await daemon.get(f"/storage-pools/{name}/volumes", recursion="1"):
            await daemon.change(
                "DELETE", f"/storage-pools/{name}/volumes/{volume['type']}/{volume['name']}"
            )
        await daemon.change("DELETE", f"/storage-pools/{name}")
        await daemon.aclose()


@contextlib.asynccontextmanager
async def tls_server(pair):
    """Something that listens with a certificate of its own."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(pair.certificate, pair.key)
    server = await asyncio.start_server(
        lambda _, writer: writer.close(), "127.0.0.1", 0, ssl=context
    )
    async with server:
        yield server.sockets[0].getsockname()[1]


async def test_another_certificate_than_the_daemons_is_refused(tmp_path, region):
    ours, known, impostor = (self_signed(tmp_path, n) for n in ("ours", "known", "impostor"))
    async with tls_server(impostor) as port:
        remote = Remote(f"https://127.0.0.1:{port}", ours.certificate, ours.key, known.certificate)
        engine = engine_with(region, daemon=remote, loops=None)
        with pytest.raises(Unreachable, match="another certificate"):
            await engine.list_owned()
        await engine.aclose()


async def test_a_certificate_file_that_is_none_is_named(tmp_path, region):
    (tmp_path / "bad.crt").write_text("rubbish")
    bad = tmp_path / "bad.crt"
    engine = engine_with(region, daemon=Remote("https://127.0.0.1:1", bad, bad, bad), loops=None)
    with pytest.raises(Unreachable, match=r"certificates for .*:1 cannot be used"):
        await engine.list_owned()


@contextlib.asynccontextmanager
async def https_daemon(trusted: str | None):
    """The local daemon over https on loopback, which trusts one certificate (PEM) more; its
    address and its own certificate.
    """
    daemon = Daemon(need_daemon())
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    await daemon.change("PATCH", "", {"config": {"core.https_address": f"127.0.0.1:{port}"}})
    fingerprints = {each.rpartition("/")[2] for each in await daemon.get("/certificates")}
    if trusted is not None:
        body = "".join(trusted.splitlines()[1:-1])
        await daemon.request(
            "POST", "/certificates", {"type": "client", "name": "test", "certificate": body}
        )
    try:
        server = (await daemon.get(""))["environment"]["certificate"]
        yield f"https://127.0.0.1:{port}", server
    finally:
        for each in await daemon.get("/certificates"):
            if (mark := each.rpartition("/")[2]) not in fingerprints:
                await daemon.request("DELETE", f"/certificates/{mark}")
        await daemon.change("PATCH", "", {"config": {"core.https_address": ""}})
        await daemon.aclose()


async def test_a_region_over_https_makes_and_removes_machines(tmp_path, volumes_region):
    ours = self_signed(tmp_path, "ours")
    async with https_daemon(ours.certificate.read_text()) as (url, server):
        (tmp_path / "server.crt").write_text(server)
        remote = Remote(url, ours.certificate, ours.key, tmp_path / "server.crt")
        engine = engine_with(volumes_region, daemon=remote)
        assert (await engine.health()).ok
        spec = new_spec()
        await engine.ensure(spec)
        await until(engine, spec.id, well)
        await engine.delete(spec.id)
        assert volumes_region.traces(spec.id) == []
        await engine.aclose()


async def test_a_daemon_that_does_not_trust_us_is_told_apart_from_one_that_is_away(
    tmp_path, volumes_region
):
    ours = self_signed(tmp_path, "ours")
    async with https_daemon(None) as (url, server):
        (tmp_path / "server.crt").write_text(server)
        remote = Remote(url, ours.certificate, ours.key, tmp_path / "server.crt")
        engine = engine_with(volumes_region, daemon=remote)
        assert "trust" in (await engine.health()).message
        with pytest.raises(Unreachable, match="does not trust this control plane"):
            await engine.list_owned()
        await engine.aclose()


async def test_a_daemon_that_is_killed_in_the_middle_loses_no_machine(region):
    engine, spec, other = region.engine(), new_spec(), new_spec()
    await engine.ensure(spec)
    before = await until(engine, spec.id, well)
    making = asyncio.create_task(engine.ensure(other))
    await asyncio.sleep(0.3)
    pid = int((await engine.daemon.get(""))["environment"]["server_pid"])
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(Temporary):
        await making
    with contextlib.suppress(Temporary):
        await engine.observe(spec.id)
    script = ["sh", str(REPOSITORY / "tools" / "lxd" / "lxd.sh")]
    await asyncio.to_thread(subprocess.run, script, check=True, capture_output=True)
    assert await until(engine, spec.id, well) == before
    for _ in range(5):
        with contextlib.suppress(Temporary):
            await engine.ensure(other)
            break
        await asyncio.sleep(0.5)
    await until(engine, other.id, well)
    assert set(await engine.list_owned()) == {spec.id, other.id}
