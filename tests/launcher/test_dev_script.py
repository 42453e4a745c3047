"""`./dev`, the one door: what it says and does when a step fails."""

import shutil
import subprocess
from pathlib import Path

import pytest

_DEV = Path(__file__).parents[2] / "dev"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with `dev` in it, and a uv that cannot reach the package index."""
    shutil.copy(_DEV, tmp_path / "dev")
    tools = tmp_path / ".tools" / "bin"
    tools.mkdir(parents=True)
    (tools / "uv").write_text("#!/bin/sh\necho 'error: no route to the index' >&2\nexit 2\n")
    (tools / "uv").chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("command", ["up", "demo", "test", "bench", "run", "lint", "studio"])
def test_a_failed_sync_ends_the_command(checkout: Path, command: str) -> None:
    """Nothing is run in an environment that was not made."""
    done = subprocess.run(
        ["/bin/sh", str(checkout / "dev"), command],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "no route to the index" in done.stderr
    assert done.stderr.endswith("could not be prepared; see above\n")


def test_an_unknown_command_is_refused_with_the_usage(checkout: Path) -> None:
    """A typing error must not look like success to a script."""
    done = subprocess.run(
        ["/bin/sh", str(checkout / "dev"), "demp"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout.startswith("usage: ./dev")


@pytest.fixture
def prepared(checkout: Path) -> Path:
    """A checkout whose environment is there; each program of it says what it was asked for."""
    (checkout / ".tools" / "bin" / "uv").write_text("#!/bin/sh\n")
    programs = checkout / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "studiolo", "ruff", "mypy", "lint-imports"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (programs / name).chmod(0o755)
    return checkout


@pytest.mark.parametrize(
    ("command", "steps"),
    [
        (["studio"], ["python tools/studio/build.py"]),
        (["studio", "npm", "ci"], ["python tools/studio/build.py npm ci"]),
        (["test", "-q"], ["python tools/studio/build.py", "python -m pytest -q"]),
        (["up"], ["python tools/studio/build.py", "studiolo up"]),
        (
            ["lint"],
            [
                "ruff format --check .",
                "ruff check .",
                "mypy ",
                "lint-imports ",
                "python tools/studio/build.py npm run lint",
            ],
        ),
    ],
    ids=["studio", "studio npm", "test", "up", "lint"],
)
def test_a_command_runs_the_programs_of_the_projects_environment(
    prepared: Path, command: list[str], steps: list[str]
) -> None:
    done = subprocess.run(
        ["/bin/sh", str(prepared / "dev"), *command], capture_output=True, text=True, check=True
    )
    assert [each.strip() for each in done.stdout.splitlines()] == [each.strip() for each in steps]
