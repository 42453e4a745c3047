"""Images are prepared once, whole or not at all, and a machine's packages are its own."""

import asyncio
import json
import multiprocessing
import os
import subprocess
import zipfile
from dataclasses import replace

import pytest

from studiolo.engines.base import Permanent, Temporary
from studiolo.engines.conformance import new_spec, until, well
from studiolo.engines.process.disk import remove_tree
from studiolo.engines.process.image import ImageStore
from studiolo.engines.process.layer import layer, layered_on

PROJECT = """
[project]
name = "tiny"
version = "1"
requires-python = ">=3.11"
dependencies = [{dependencies}]
[tool.uv]
package = false
"""
LOCK = """version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "tiny"
version = "1"
source = { virtual = "." }
"""


@pytest.fixture
def descriptions(tmp_path):
    return describe(tmp_path / "descriptions", "tiny")


def describe(folder, name, dependencies=""):
    (folder / name).mkdir(parents=True)
    (folder / name / "pyproject.toml").write_text(PROJECT.format(dependencies=dependencies))
    (folder / name / "uv.lock").write_text(LOCK)
    return folder


@pytest.fixture
def store(tmp_path, descriptions):
    root = tmp_path / "images"
    yield ImageStore(root, os.environ, descriptions=descriptions)
    if root.exists():
        remove_tree(root)


def test_an_image_is_prepared_once_and_read_only(store):
    phases = []
    assert not store.ready("tiny")
    path = store.prepare("tiny", lambda *seen: phases.append(seen))
    assert store.ready("tiny")
    assert store.prepared("tiny") == path
    assert phases[0][0] == "installing"
    assert phases[-1] == ("sealing", 1, 1)
    for entry in [path, *path.rglob("*")]:
        assert entry.is_symlink() or entry.stat().st_mode & 0o222 == 0
    phases.clear()
    assert store.prepare("tiny", lambda *seen: phases.append(seen)) == path
    assert phases == []


def test_an_images_name_covers_its_lock(store, descriptions):
    before = store.path("tiny")
    with (descriptions / "tiny" / "uv.lock").open("a") as lock:
        lock.write("\n")
    assert store.path("tiny") == before, "one that serves goes on with what it began with"
    later = ImageStore(before.parents[1], {}, descriptions=descriptions)
    assert later.path("tiny") != before


def test_what_a_killed_builder_left_is_cleared_away(store):
    leftover = store.path("tiny").with_name(".building-0123")
    (leftover / "lib").mkdir(parents=True)
    (leftover / "lib").chmod(0o500)
    store.prepare("tiny")
    assert not leftover.exists()


def prepare(root, descriptions, queue):
    phases = []
    ImageStore(root, dict(os.environ), descriptions=descriptions).prepare(
        "tiny", lambda phase, done, total: phases.append(phase)
    )
    queue.put("sealing" in phases)


def test_of_two_processes_one_builds(store, descriptions):
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    root = store.path("tiny").parents[1]
    builders = [context.Process(target=prepare, args=(root, descriptions, queue)) for _ in range(2)]
    for builder in builders:
        builder.start()
    built = sorted(queue.get(timeout=60) for _ in builders)
    for builder in builders:
        builder.join()
    assert built == [False, True]
    assert store.ready("tiny")


def test_a_failure_is_told_in_uvs_words_and_leaves_nothing(store, descriptions):
    describe(descriptions, "stale", '"attrs"')
    with pytest.raises(Temporary, match=r"'stale' failed: .*lockfile"):
        store.prepare("stale")
    assert not store.ready("stale")


@pytest.mark.parametrize("name", ["none", "../tiny", ".tiny", ""])
def test_unknown_images_are_refused(store, name):
    with pytest.raises(Permanent, match="no image called"):
        store.path(name)


# --- layering -------------------------------------------------------------------------------


def build_wheel(folder, name, version):
    """A wheel with one module and one console script, made by hand."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": f"__version__ = {version!r}\ndef main():\n    print({version!r})\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{info}/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    with zipfile.ZipFile(path, "w") as wheel:
        for file, text in files.items():
            wheel.writestr(file, text)
        wheel.writestr(f"{info}/RECORD", "".join(f"{f},,\n" for f in [*files, f"{info}/RECORD"]))
    return path


def inside(place, spec, *command):
    """Run a command with a machine's own variables; returns what it prints."""
    layout = place.layout(spec.id)
    environment = json.loads(layout.agent_config.read_text())["environment"]
    done = subprocess.run(
        command, env=environment, cwd=layout.home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def fingerprint(image):
    """Every file of the image with its size, mode and time of change."""
    found = {}
    for path in image.rglob("*"):
        stat = path.lstat()
        found[str(path)] = (stat.st_size, stat.st_mode, stat.st_mtime_ns, stat.st_ino)
    return found


async def test_pip_in_a_machine_persists_and_touches_neither_image_nor_neighbour(
    place, ml_image, tmp_path
):
    engine, mine, other = place.engine(), new_spec(), new_spec()
    for spec in (mine, other):
        await engine.ensure(spec)
        await until(engine, spec.id, well)
    before = await asyncio.to_thread(fingerprint, ml_image)
    version = "import tqdm, tinywheel; print(tqdm.__version__, tinywheel.__version__)"
    original = inside(place, mine, "python", "-c", "import tqdm; print(tqdm.__version__)")

    wheels = [build_wheel(tmp_path, "tinywheel", "1.0"), build_wheel(tmp_path, "tqdm", "999.0")]
    inside(place, mine, "pip", "install", "--no-index", "--no-deps", *map(str, wheels))
    assert inside(place, mine, "python", "-c", version) == "999.0 1.0"
    assert inside(place, mine, "tinywheel") == "1.0"
    assert inside(place, mine, "tqdm") == "999.0"

    await engine.stop(mine.id, grace=5)
    await engine.ensure(replace(mine, generation=2))
    await until(engine, mine.id, well)
    assert inside(place, mine, "python", "-c", version) == "999.0 1.0"
    assert "tinywheel" in inside(place, mine, "pip", "list")

    seen = inside(place, other, "python", "-c", "import tqdm; print(tqdm.__version__)")
    assert seen == original
    assert "tinywheel" not in inside(place, other, "pip", "list")
    assert await asyncio.to_thread(fingerprint, ml_image) == before

    inside(place, mine, "pip", "uninstall", "--yes", "tqdm", "tinywheel")
    assert inside(place, mine, "python", "-c", "import tqdm; print(tqdm.__version__)") == original
    inside(place, mine, "pip", "uninstall", "--yes", "tqdm")
    assert inside(place, mine, "python", "-c", "import tqdm; print(tqdm.__version__)") == original
    assert await asyncio.to_thread(fingerprint, ml_image) == before


async def test_a_machine_has_everything_the_image_has(place, ml_image):
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    env = place.layout(spec.id).env
    names = "numpy pandas sklearn matplotlib tqdm joblib jupytext nbconvert PIL Cython ipykernel"
    assert inside(place, spec, "python", "-c", f"import {', '.join(names.split())}") == ""
    assert inside(place, spec, "python", "-c", "import sys; print(sys.prefix)") == str(env)
    first = inside(place, spec, "sh", "-c", "command -v jupyter-lab")
    assert first == str(env / "bin" / "jupyter-lab")
    paths = inside(place, spec, "jupyter", "--paths")
    assert str(ml_image / "share" / "jupyter") in paths
    assert "python3" in inside(place, spec, "jupyter", "kernelspec", "list")
    assert sum(path.lstat().st_size for path in env.rglob("*")) < 1_000_000, "no copy of the image"


def failing_import(env, module):
    command = [env / "bin" / "python", "-c", f"import {module}"]
    return subprocess.run(command, capture_output=True, check=False).stderr


def test_a_half_made_layer_is_finished_and_one_on_another_image_is_moved(tmp_path, store, ml_image):
    env, tiny = tmp_path / "env", store.prepare("tiny")
    layer(env, ml_image)
    (env / ".studiolo-image").unlink()
    (env / "bin" / "python").unlink()
    (env / "bin" / "pip").write_text("#!/bin/sh\necho mine\n")
    layer(env, ml_image)
    assert layered_on(env) == ml_image
    assert (env / "bin" / "pip").read_text().endswith("mine\n"), "what pip put there stays"
    layer(env, tiny)
    assert layered_on(env) == tiny
    assert b"No module named 'numpy'" in failing_import(env, "numpy")
    layer(env, ml_image)
    subprocess.run([env / "bin" / "python", "-c", "import numpy"], check=True)


def test_a_folder_that_is_no_image_is_refused(tmp_path):
    (tmp_path / "image").mkdir()
    with pytest.raises(Permanent, match="not a prepared image"):
        layer(tmp_path / "env", tmp_path / "image")


async def test_a_machine_stays_on_the_image_it_was_made_on(place, ml_image, store):
    engine, spec = place.engine(), new_spec()
    await engine.ensure(spec)
    await until(engine, spec.id, well)
    await engine.stop(spec.id, grace=5)
    later = place.engine()
    later._machines._images = store
    store.prepare("tiny")
    await later.ensure(replace(spec, generation=2, image="tiny"))
    await until(later, spec.id, well)
    assert layered_on(place.layout(spec.id).env) == ml_image
