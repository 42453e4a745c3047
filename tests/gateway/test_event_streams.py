"""Changes of instances through the real front door: unbuffered, and over when Studiolo ends."""

import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.api import a_body
from tests.support.deployment import RunningDeployment, running_deployment
from tests.support.launched import until

from studiolo.client.transport import http_client
from studiolo.launcher.deployment import GROUP, WORKSPACE
from studiolo.serving import CONTROL_PLANE_LOCK, GRACE_SECONDS

SECONDS = 20.0
"""Patience for what comes within a fraction of it, on a machine that does other things too."""


@pytest.fixture(scope="module")
def running() -> Iterator[RunningDeployment]:
    with running_deployment() as running:
        yield running


def computes(running: RunningDeployment) -> str:
    group = f"/subscriptions/{running.subscription}/resourceGroups/{GROUP}"
    return f"{group}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}/computes"


class Reader:
    """Reads one stream, event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.iter_lines()

    def event(self) -> tuple[str, Any]:
        """The next event's kind and data; StopIteration at the stream's end."""
        deadline = time.monotonic() + SECONDS
        fields: dict[str, str] = {}
        while (line := next(self._lines)) or "data" not in fields:
            # Comments come all the time, and say only that the stream lives.
            assert time.monotonic() < deadline, "nothing was told"
            name, _, value = line.partition(": ")
            fields[name] = value
        return fields["event"], json.loads(fields["data"])

    def until(self, kind: str, state: str | None = None) -> Any:
        """Read until an instance is told to be in a state, or to be gone; returns what was told.

        States in between may be skipped: changes that one look finds together are told as one.
        """
        while True:
            told, data = self.event()
            if told == kind and state in {None, state_of(data)}:
                return data


def state_of(data: Any) -> str | None:
    """Of an instance, as an event tells it."""
    state = data.get("properties", {}).get("properties", {}).get("state")
    return None if state is None else str(state)


@contextmanager
def reading(running: RunningDeployment, scheme: str = "https") -> Iterator[Reader]:
    settings = running.launched.settings
    origin = settings.https_origin if scheme == "https" else settings.browser_origin
    headers = {
        "Accept": "text/event-stream",
        "Authorization": running.client.headers["Authorization"],
    }
    with http_client(origin, root=running.root_certificate, timeout=SECONDS) as client:
        url = f"{computes(running)}/watch?api-version=2024-10-01"
        with client.stream("GET", url, headers=headers) as answer:
            yield Reader(answer)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_change_passes_the_front_door_as_it_happens(running: RunningDeployment, scheme: str):
    path = f"{computes(running)}/ci-{scheme}"
    with reading(running, scheme) as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        assert stream.event() == ("ready", {})
        running.call("PUT", path, a_body(location=running.launched.settings.location))
        assert stream.until("compute", "Running")["name"] == f"ci-{scheme}"
        running.call("DELETE", path)
        assert stream.until("deleted")["name"] == f"ci-{scheme}"


def test_an_open_stream_does_not_hold_up_the_end_of_the_control_plane(running: RunningDeployment):
    pid = control_plane(running)
    with reading(running) as stream:
        assert stream.event() == ("ready", {})
        began = time.monotonic()
        os.kill(pid, signal.SIGTERM)
        with pytest.raises(StopIteration):
            stream.event()
        assert time.monotonic() - began < GRACE_SECONDS
    until(lambda: control_plane(running) != pid, "another control plane")
    until(lambda: answers(running), "an answer of it")


def control_plane(running: RunningDeployment) -> int:
    lock: Path = running.launched.settings.run / CONTROL_PLANE_LOCK
    return int(lock.read_text() or 0)


def answers(running: RunningDeployment) -> bool:
    try:
        reply = running.client.get(computes(running), params={"api-version": "2024-10-01"})
    except httpx.TransportError:
        return False
    return reply.status_code == 200
