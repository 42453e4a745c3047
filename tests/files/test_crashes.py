"""An upload that is killed where it would hurt leaves the old file or the new one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.sharing import Team

UPLOAD = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from studiolo import faults
from studiolo.files import ShareFiles
from studiolo.files.paths import share_path

async def upload(root, point):
    if point != "midway":
        faults.arm(point)
    files = ShareFiles(Path(root), "ws-1")
    check = lambda current: None
    now = datetime.now(UTC)
    async with files.upload(share_path("a.txt"), check, size=None, now=now) as sent:
        await sent.write(b"new" * 1_000_000)
        if point == "midway":
            faults.arm("midway")
            faults.point("midway")
        await sent.commit(check)

asyncio.run(upload(*sys.argv[1:]))
"""


def killed_at(point: str, shares: Path) -> None:
    """Upload in a process that dies at `point`."""
    killed = subprocess.run([sys.executable, "-c", UPLOAD, str(shares), point], check=False)
    assert killed.returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("point", "content"),
    [
        ("midway", b"old"),
        ("files.upload.written", b"old"),
        ("files.upload.renamed", b"new" * 1_000_000),
    ],
)
async def test_a_killed_upload_leaves_a_whole_file(team: Team, point: str, content: bytes):
    await team.put("a.txt", b"old")
    killed_at(point, team.top.parent)
    assert await team.get("a.txt") == content
    assert await team.names() == ["Users", "a.txt"]
    left = [name for name in team.on_disk() if name.endswith(".part")]
    assert len(left) == (0 if point == "files.upload.renamed" else 1)
    assert (await team.put("a.txt", b"newer"))[1] is False
