"""The proof: `studiolo demo --exit` on this machine, with real machines and the real JupyterLab."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import psutil
import pytest
from tests.support.images import image_store

SECONDS = 300

STAGES = (
    "Start Studiolo",
    "Create workspace main",
    "Create compute instance demo",
    "Open JupyterLab through the gateway",
    "Run a notebook in its kernel over the WebSocket",
    "Save it on the workspace's file share",
    "Stop the instance",
    "Start it again",
    "Find the notebook as it was saved",
    "Delete the instance",
)


def _demo(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "STUDIOLO_HOME": str(folder / "home"),
        "STUDIOLO_IMAGE_DIR": str(image_store()._root),
        "TMPDIR": str(folder),
        **more,
    }
    return subprocess.run(
        [sys.executable, "-m", "studiolo.cli", "demo", "--exit"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture
def folder() -> Path:
    """Short, because sockets lie below it."""
    with tempfile.TemporaryDirectory(prefix="sd-") as made:
        yield Path(made)


def _left_running(folder: Path) -> list[str]:
    commands = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    return [command for command in commands if str(folder) in command]


def test_demo_shows_every_stage_and_leaves_nothing(folder):
    done = _demo(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    for stage in STAGES:
        assert re.search(rf"^ *\d+\.\d s  {re.escape(stage)}", done.stdout, re.MULTILINE), stage
    assert re.search(r"accuracy of 0\.9\d\d", done.stdout)
    assert re.search(r"JupyterLab http://demo\.studiolo\.localhost:\d+/lab\n", done.stdout)
    assert _left_running(folder) == []
    assert [entry.name for entry in folder.iterdir() if entry.name != "home"] == []


def test_demo_that_fails_says_where_and_why_and_cleans_up(folder):
    # With so little quota the instance is refused.
    done = _demo(folder, STUDIOLO_TOTAL_VCPUS="1")
    assert done.returncode == 1
    assert "FAILED at 'Create compute instance demo" in done.stdout
    assert "vCPU" in done.stdout or "quota" in done.stdout
    [logs] = folder.glob("studiolo-demo-logs-*")
    assert str(logs) in done.stdout
    assert (logs / "logs" / "control-plane.log").is_file()
    assert _left_running(folder) == []
    assert not list(folder.glob("studiolo-demo-[!l]*"))
