"""Deployments, and processes in which the unmodified SDK runs against them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from studiolo.domain.roles import CONTRIBUTOR
from tests.support.deployment import RunningDeployment, running_deployment
from tests.support.images import prepared_agent_image, prepared_ml_image

_REPOSITORY = Path(__file__).parents[2]

Scenario = Callable[[str], None]
"""Runs a scenario by name; raises with the SDK process's traceback if it failed."""


@pytest.fixture(scope="session")
def fake_deployment() -> Iterator[RunningDeployment]:
    """A deployment whose machines are pretended."""
    with running_deployment("fake") as running:
        yield running


@pytest.fixture(scope="session")
def fake_sdk(
    fake_deployment: RunningDeployment, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scenario]:
    """The SDK, against pretended machines."""
    with sdk_process(fake_deployment, tmp_path_factory.mktemp("sdk")) as scenario:
        yield scenario


@pytest.fixture
def process_sdk(tmp_path: Path) -> Iterator[Scenario]:
    """The SDK, against real machines, whose images are there before anything waits for them."""
    prepared_ml_image()
    prepared_agent_image()
    with running_deployment("process") as running, sdk_process(running, tmp_path) as scenario:
        yield scenario


@contextmanager
def sdk_process(running: RunningDeployment, folder: Path) -> Iterator[Scenario]:
    """A process with an SDK that knows nothing but Azure's own environment variables."""
    principal = running.service_principal(CONTRIBUTOR)
    errors = folder / "stderr.txt"
    environment = os.environ | running.azure_environment(principal) | {"HOME": str(folder)}
    with errors.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.sdk.runner"],
            cwd=_REPOSITORY,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    def scenario(name: str) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{name}\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        assert answer, f"the SDK's process ended:\n{errors.read_text()[-4000:]}"
        failure = json.loads(answer)["failure"]
        assert failure is None, failure

    try:
        yield scenario
    finally:
        process.kill()
        process.wait()
