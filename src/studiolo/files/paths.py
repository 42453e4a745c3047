"""Paths inside a file share, as clients write them: `Users/alice/train.ipynb`.

A path is checked here once and then walked name by name (`folders.py`), so nothing below has to
think about `..`, links or what two parsers might read differently.
"""

import re
from dataclasses import dataclass

from studiolo.domain.errors import InvalidInput
from studiolo.durable import is_part

MAX_NAME = 255
"""Bytes of one name; the limit of Linux's file systems."""

MAX_PATH = 4096
"""Bytes of a path; Linux's `PATH_MAX`."""

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
"""Stands for what cannot be shown of a name."""

_UNSHOWABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffd\ud800-\udfff]")
"""Control characters and line ends, halves of surrogate pairs, and the replacement itself: a name
that holds it may stand for another one."""


@dataclass(frozen=True, slots=True)
class SharePath:
    """A checked path; no parts for the share itself."""

    parts: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(self.parts)

    @property
    def called(self) -> str:
        """What an error message calls it."""
        return f"'{self}'" if self.parts else "The file share"

    @property
    def name(self) -> str:
        """The last name; empty for the share itself."""
        return self.parts[-1] if self.parts else ""

    @property
    def parent(self) -> "SharePath":
        """The folder it is in; the share's own is itself."""
        return SharePath(self.parts[:-1])

    def __truediv__(self, name: str) -> "SharePath":
        return SharePath((*self.parts, name))

    def holds(self, other: "SharePath") -> bool:
        """Whether `other` is this path or lies below it."""
        return other.parts[: len(self.parts)] == self.parts


def share_path(text: str, *, target: str = "path") -> SharePath:
    """Check a client's path; an empty one is the share itself.

    :param target: the field that an error names.
    :raises InvalidInput: it is not a relative path of plain names.
    """
    if not text:
        return SharePath()
    if len(text.encode(errors="replace")) > MAX_PATH:
        raise InvalidInput(f"The path is longer than {MAX_PATH} bytes.", target=target)
    parts = tuple(text.split("/"))
    for part in parts:
        if problem := name_problem(part):
            raise InvalidInput(f"{text[:200]!r} is not a path here: {problem}.", target=target)
    return SharePath(parts)


def name_problem(name: str) -> str | None:
    """Why nothing in a share can be called `name`, as part of a sentence; None where it can."""
    if not name:
        return "it begins or ends with '/', or has '//' in it"
    if name in {".", ".."}:
        return f"'{name}' is not a name"
    if _UNSHOWABLE.search(name):
        return "a name in it is not Unicode text, or has a control character"
    if len(name.encode()) > MAX_NAME:
        return f"a name in it is longer than {MAX_NAME} bytes"
    if is_part(name):
        return "such names are kept for files that are being written"
    return None


def shown(raw: bytes) -> tuple[str, bool]:
    """A name on disk as it is shown, and whether a path can name it.

    Machines write what they like: names that are no UTF-8, or hold a line end.
    """
    name = _UNSHOWABLE.sub(REPLACEMENT, raw.decode("utf-8", errors="replace"))
    return name, name_problem(name) is None
