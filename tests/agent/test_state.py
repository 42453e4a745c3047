import errno
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from studiolo.agent import files, procfs
from studiolo.agent.state import Saved, StateFile
from studiolo.agent.supervise import Phase, Record

SAVED = Saved(Record(wanted=True, phase=Phase.RUNNING, since=5.0, restarts=2), 41, 4242)


def reread(path: Path, generation: int = 1) -> Saved:
    state = StateFile(path, generation)
    state.load()
    return state.get("jupyter")


def fail_to_sync(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_what_is_put_is_found_by_the_next_agent(tmp_path: Path) -> None:
    StateFile(tmp_path / "agent.json", 1).put("jupyter", SAVED)
    assert reread(tmp_path / "agent.json") == SAVED
    assert (tmp_path / "agent.json").stat().st_mode & 0o777 == 0o600


def test_another_generation_keeps_the_process_and_forgets_the_wish(tmp_path: Path) -> None:
    StateFile(tmp_path / "agent.json", 1).put("jupyter", SAVED)
    assert reread(tmp_path / "agent.json", generation=2) == Saved(Record(), 41, 4242)


def test_a_full_disk_keeps_the_old_file_and_writes_the_new_one_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = StateFile(tmp_path / "agent.json", 1)
    state.put("jupyter", Saved(Record()))
    with monkeypatch.context() as full:
        full.setattr(files.os, "fsync", fail_to_sync)
        state.put("jupyter", SAVED)
        assert reread(tmp_path / "agent.json") == Saved(Record())
        assert [path.name for path in tmp_path.iterdir()] == ["agent.json"]
    state.flush()
    assert reread(tmp_path / "agent.json") == SAVED


def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "agent.json"
    files.write_private(path, b"old")
    child = os.fork()
    if child == 0:  # dies between writing and renaming
        files.os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
        files.write_private(path, b"new")
    os.waitpid(child, 0)
    assert path.read_bytes() == b"old"
    files.write_private(path, b"newest")
    assert path.read_bytes() == b"newest"


def test_a_process_name_may_hold_anything(tmp_path: Path) -> None:
    program = tmp_path / "a) R (1\n2"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        found = procfs.stat(process.pid)
        process.kill()
    assert found
    assert (found.pid, found.parent, found.zombie) == (process.pid, os.getpid(), False)
