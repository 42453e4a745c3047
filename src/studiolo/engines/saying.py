"""What an engine tells people who use its machines, and what it tells administrators.

`str(error)` of an engine's error reaches everybody who may see the machine, so it names things and
no path of the host. What an administrator needs besides is the error's `detail` and its causes:
they go to the log and to whoever starts the deployment.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from studiolo.engines.base import EngineError

_QUOTED = re.compile(r"""(["'`])(/[^"'`]*)\1""")
_BARE = re.compile(r"""(?<![\w.:/~<-])/[^\s"'`,;:()\[\]{}<>]+""")


def without_paths(text: str) -> str:
    """What another program said, with each absolute path cut to its last name.

    A path with spaces is recognised within quotes only. Addresses (`https://host/a`) stay.
    """
    said = _QUOTED.sub(lambda found: found[1] + _last_name(found[2]) + found[1], text)
    return _BARE.sub(lambda found: _last_name(found[0]), said)


def _last_name(path: str) -> str:
    return PurePosixPath(path).name or "/"


def details(error: BaseException) -> tuple[str, ...]:
    """What an administrator should know besides the sentence, each thing once, in the order met."""
    return tuple(dict.fromkeys(_details(error)))


def _details(error: BaseException | None) -> Iterator[str]:
    while error is not None:
        if isinstance(error, EngineError) and error.detail:
            yield error.detail
        if isinstance(error, OSError):
            yield str(error)
        error = error.__cause__


def in_full(error: BaseException) -> str:
    """The sentence and the details, for an administrator."""
    told = details(error) if isinstance(error, EngineError) else ()
    more = [each for each in told if each not in str(error)]
    return f"{error} ({'; '.join(more)})" if more else str(error)
