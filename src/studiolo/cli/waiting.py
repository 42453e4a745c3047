"""Progress on stderr while an operation runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from studiolo.cli.output import notes
from studiolo.client.errors import ClientError
from studiolo.client.http import Progress
from studiolo.client.studiolo import Computes

_LOOK_SECONDS = 1.0
"""How often the resource's own state is looked up for the spinner."""


def state_of(computes: Computes, name: str) -> str:
    """A compute's own state, for :func:`progress`."""
    return str(computes.show(name)["properties"]["properties"]["state"])


@contextmanager
def progress(what: str, state: Callable[[], str] | None = None) -> Iterator[Progress]:
    """A spinner with `what`, the resource's state and the seconds passed.

    :param what: a phrase, for example "Creating demo".
    :param state: looks the state up; its failures are no reason to stop waiting.
    """
    console = notes()
    began = looked = time.monotonic()
    last = ""
    with console.status(f"{what} ...") as status:

        def update(operation: str) -> None:
            nonlocal looked, last
            now = time.monotonic()
            if state is not None and (not last or now - looked >= _LOOK_SECONDS):
                looked = now
                try:
                    last = state()
                except ClientError:
                    last = last or operation
            status.update(f"{what} ... {last or operation} ({now - began:.0f} s)")

        yield update
