"""Logs: what must hold whatever happens to the disk they lie on."""

import errno
import io
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog

from studiolo import journal


class Full(io.StringIO):
    """A file on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logs that go to a full disk, as the control plane has them set up."""
    root = logging.getLogger()
    level, handlers, config = root.level, list(root.handlers), structlog.get_config()
    monkeypatch.setattr(sys, "stderr", Full())
    journal.configure("info")
    yield
    root.setLevel(level)
    root.handlers = handlers
    structlog.configure(**config)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_does_not_end_who_logs() -> None:
    log = structlog.get_logger("anybody")
    log.info("a line")
    try:
        raise ValueError("something")
    except ValueError:
        log.exception("a part failed and goes on")
    logging.getLogger("a library").warning("a line of the standard library's")
