"""Images in a real daemon: sending, pointing, removing. In a project of the test's own."""

import contextlib
import json
import subprocess
import uuid
from pathlib import Path

import pytest
from tests.support.incus import POOL, need_daemon

from studiolo.engines.incus.client import Daemon, Missing
from studiolo.engines.incus.image import pack, registry

ALIAS = "/images/aliases/studiolo-ml-slim"


@pytest.fixture
async def daemon():
    name = f"images-{uuid.uuid4().hex[:8]}"
    shared, own = Daemon(need_daemon()), Daemon(need_daemon(), name)
    # Its own images, and nothing else of its own.
    features = {"features.images": "true", "features.profiles": "false"}
    await shared.change("POST", "/projects", {"name": name, "config": features})
    try:
        yield own
    finally:
        for each in await own.get("/instances"):
            await own.change("DELETE", each.removeprefix("/1.0"))
        for image in await own.get("/images"):
            with contextlib.suppress(Missing):
                await own.change("DELETE", image.removeprefix("/1.0"))
        await shared.change("DELETE", f"/projects/{name}")
        await own.aclose()
        await shared.aclose()


def packed(tmp_path: Path, version: str) -> Path:
    """A packed image with one file."""
    folder, root = tmp_path / version, tmp_path / f"root-{version}"
    folder.mkdir()
    root.mkdir()
    (root / "file").write_text(version)
    manifest = {
        "image": "ml",
        "variant": "slim",
        "version": version,
        "created": f"2026-01-0{len(list(tmp_path.iterdir()))}T00:00:00+00:00",
        "base": "Debian bookworm",
    }
    squash = ["mksquashfs", str(root), str(folder / pack.ROOTFS), "-quiet", "-no-progress"]
    subprocess.run(squash, check=True, stdout=subprocess.DEVNULL)
    pack.write_metadata(folder / pack.METADATA, manifest)
    (folder / pack.MANIFEST).write_text(json.dumps(manifest))
    return folder


async def offer(daemon: Daemon, folder: Path) -> registry.Stored:
    return await registry.offer(daemon, folder, pack.read(folder))


async def test_an_offered_image_is_what_new_machines_start_from(daemon, tmp_path):
    image = await offer(daemon, packed(tmp_path, "one"))
    assert (await daemon.get(ALIAS))["target"] == image.fingerprint
    properties = (await daemon.get(f"/images/{image.fingerprint}"))["properties"]
    assert properties["studiolo.version"] == "one"
    assert properties["description"] == "Studiolo ml slim one"


async def test_offering_an_image_again_changes_nothing(daemon, tmp_path):
    folder = packed(tmp_path, "one")
    await offer(daemon, folder)
    (folder / pack.ROOTFS).unlink()  # it is not sent again
    await offer(daemon, folder)
    assert [each.version for each in await registry.stored(daemon)] == ["one"]


async def test_a_newer_image_takes_the_alias_and_the_older_one_stays(daemon, tmp_path):
    await offer(daemon, packed(tmp_path, "one"))
    await offer(daemon, packed(tmp_path, "two"))
    told = [(each.version, each.newest) for each in await registry.stored(daemon)]
    assert told == [("two", True), ("one", False)]


async def test_an_upload_that_was_cut_off_is_repeated(daemon, tmp_path):
    folder = packed(tmp_path, "one")
    await registry.send(daemon, folder)  # and killed before it pointed the alias
    assert await daemon.find(ALIAS) is None
    image = await offer(daemon, folder)
    assert (await daemon.get(ALIAS))["target"] == image.fingerprint
    assert len(await registry.stored(daemon)) == 1


async def test_prune_leaves_the_newest_what_machines_use_and_a_strangers(daemon, tmp_path):
    for version in ("one", "two", "three"):
        image = await offer(daemon, packed(tmp_path, version))
        if version == "one":
            root = {"type": "disk", "path": "/", "pool": POOL}
            source = {"type": "image", "fingerprint": image.fingerprint}
            body = {"name": "user", "source": source, "profiles": [], "devices": {"root": root}}
            await daemon.change("POST", "/instances", body)
    stranger = packed(tmp_path, "stranger")
    pack.write_metadata(
        stranger / pack.METADATA, {**pack.read(stranger), "image": "x"}, properties={"os": "Debian"}
    )
    await registry.send(daemon, stranger)
    assert [each.version for each in await registry.prune(daemon)] == ["two"]
    assert {each.version: each.machines for each in await registry.stored(daemon)} == {
        "three": 0,
        "one": 1,
    }
    assert len(await daemon.get("/images")) == 3
