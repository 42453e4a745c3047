"""Logs: one JSON object per line on stderr, without secrets.

The launcher sends stderr to `<home>/logs/control-plane.log`. Records of the standard library's
`logging` (Uvicorn, SQLAlchemy, Alembic) take the same way, so that one file tells the whole story.
"""

import contextlib
import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

_SECRET_WORDS = ("token", "password", "secret", "authorization", "cookie", "ticket", "credential")

_REDACTED = "[redacted]"

_SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


def redact(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Blank every value whose key names a secret; the last guard, not the first."""
    for key in event:
        if any(word in key.lower() for word in _SECRET_WORDS):
            event[key] = _REDACTED
    return event


class Unfailing:
    """A text stream that loses a line rather than fail.

    On a full disk every line would raise, and end whatever wanted to tell about it: the part of the
    reconciler that frees space again, or the answer to a request.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write `text` if that is possible now."""
        with contextlib.suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what was written, as far as possible."""
        with contextlib.suppress(OSError):
            self._stream.flush()


def configure(level: str) -> None:
    """Send structlog and the standard library's logging to stderr as JSON lines.

    :param level: a level's name in any case; an unknown one means `info`.
    """
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    render: tuple[structlog.typing.Processor, ...] = (
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(),
    )
    stream = cast("TextIO", Unfailing(sys.stderr))
    structlog.configure(
        processors=[*_SHARED, *render],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(stream),
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    logging.basicConfig(level=number, handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore", "aiosqlite", "alembic", "sqlalchemy", "uvicorn"):
        logging.getLogger(chatty).setLevel(max(number, logging.WARNING))
