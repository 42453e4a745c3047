import errno
import os
from pathlib import Path

import pytest

from studiolo.agent import logs as logs_module
from studiolo.agent.logs import Logs


@pytest.fixture
def logs(tmp_path: Path) -> Logs:
    return Logs(tmp_path / "logs", limit=100)


def write(logs: Logs, name: str, content: bytes) -> None:
    with logs.open(name) as log:
        log.write(content)


def test_a_log_is_private_and_grows_at_its_end(logs: Logs, tmp_path: Path) -> None:
    write(logs, "jupyter", b"one\n")
    write(logs, "jupyter", b"two\n")
    path = tmp_path / "logs" / "jupyter.log"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one\ntwo\n", 0o600)
    assert logs.sizes() == {"jupyter": 8}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [(1, b"three\n"), (2, b"two\rstill two\nthree\n"), (9, b"one\ntwo\rstill two\nthree\n")],
)
def test_the_tail_counts_lines_from_the_end(logs: Logs, lines: int, expected: bytes) -> None:
    write(logs, "jupyter", b"one\ntwo\rstill two\nthree\n")
    assert logs.tail("jupyter", lines) == expected


def test_an_unfinished_line_is_a_line(logs: Logs) -> None:
    write(logs, "jupyter", b"one\ntwo")
    assert logs.tail("jupyter", 1) == b"two"


def test_the_tail_of_a_huge_log_reads_little_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    logs = Logs(tmp_path)
    path = tmp_path / "jupyter.log"
    path.touch()
    os.truncate(path, 50 * 1024**3)  # a sparse file of 50 GiB
    write(logs, "jupyter", b"\nlast\n")
    assert logs.tail("jupyter", 1) == b"last\n"
    assert len(logs.tail("jupyter", 10_000) or b"") == logs_module.TAIL_BYTES


def test_a_log_too_long_is_moved_aside_and_its_writer_goes_on(logs: Logs, tmp_path: Path) -> None:
    with logs.open("jupyter") as log:
        log.write(b"old\n" * 26)
        logs.trim()
        log.write(b"new\n")
    assert (tmp_path / "logs" / "jupyter.log").read_bytes() == b"new\n"
    assert (tmp_path / "logs" / "jupyter.log.1").read_bytes() == b"old\n" * 25
    assert logs.tail("jupyter", 3) == b"old\nold\nnew\n"
    assert logs.sizes() == {"jupyter": 4}


def test_a_log_within_its_limit_is_left_alone(logs: Logs, tmp_path: Path) -> None:
    write(logs, "jupyter", b"x" * 100)
    logs.trim()
    assert logs.sizes() == {"jupyter": 100}


def test_a_full_disk_keeps_the_newest_lines(
    logs: Logs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(logs, "jupyter", b"line\n" * 30)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(logs_module.shutil, "copyfileobj", full)
    logs.trim()
    assert logs.sizes() == {"jupyter": 150}
    assert [path.name for path in (tmp_path / "logs").iterdir()] == ["jupyter.log"]


def test_a_log_that_cannot_be_made_swallows_what_is_written(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    write(Logs(tmp_path / "logs"), "jupyter", b"lost\n")


def test_a_link_is_no_log(logs: Logs, tmp_path: Path) -> None:
    write(logs, "agent", b"x\n")
    (tmp_path / "secret").write_text("secret\n")
    (tmp_path / "logs" / "jupyter.log").symlink_to(tmp_path / "secret")
    assert logs.tail("jupyter", 5) is None
    write(logs, "jupyter", b"written through the link\n")
    assert (tmp_path / "secret").read_text() == "secret\n"


def test_a_folder_or_a_pipe_is_no_log(logs: Logs, tmp_path: Path) -> None:
    write(logs, "agent", b"x\n")
    (tmp_path / "logs" / "folder.log").mkdir()
    os.mkfifo(tmp_path / "logs" / "pipe.log")
    assert logs.sizes() == {"agent": 2}
