"""`studiolo up`, `demo` and `doctor`: what concerns a deployment on this machine."""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from studiolo.cli.login import local_settings
from studiolo.cli.session import session_of

Port = Annotated[
    int | None,
    typer.Option("--port", min=0, max=65535, help="Plain HTTP on loopback; 0 turns it off."),
]
HttpsPort = Annotated[
    int | None, typer.Option("--https-port", min=1, max=65535, help="HTTPS, for clients.")
]
Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the deployment; STUDIOLO_HOME otherwise.")
]


class DemoEngine(StrEnum):
    """Engines that the demonstration knows."""

    PROCESS = "process"
    INCUS = "incus"


_PRIVATE = 0o077
"""umask: nothing of a deployment is for other users."""


def choose(home: Path | None, port: int | None, https_port: int | None) -> None:
    """Make the options what this process and everything it starts finds in the environment."""
    if home is not None:
        os.environ["STUDIOLO_HOME"] = str(home.expanduser().absolute())
    if port is not None:
        os.environ["STUDIOLO_HTTP_PORT"] = str(port)
    if https_port is not None:
        os.environ["STUDIOLO_HTTPS_PORT"] = str(https_port)


def up(port: Port = None, https_port: HttpsPort = None, home: Home = None) -> None:
    """Serve Studiolo until Ctrl-C. Compute instances keep running after that."""
    # Imported here: serving needs far more than the other commands, which should start at once.
    from studiolo.launcher.up import up as serve  # noqa: PLC0415

    os.umask(_PRIVATE)
    choose(home, port, https_port)
    raise typer.Exit(asyncio.run(serve(local_settings(), Console(highlight=False))))


def demo(
    leave: Annotated[
        bool,
        typer.Option(
            "--exit",
            help="Use a temporary deployment (unless --home is given), and end with nothing left.",
        ),
    ] = False,
    engine: Annotated[
        DemoEngine, typer.Option("--engine", help="What makes the machine.")
    ] = DemoEngine.PROCESS,
    port: Port = None,
    https_port: HttpsPort = None,
    home: Home = None,
) -> None:
    """Start Studiolo, make an instance, and run a notebook in it through the gateway."""
    from studiolo.launcher.demo import demo as show  # noqa: PLC0415

    os.umask(_PRIVATE)
    choose(home, port, https_port)
    local_settings()
    console = Console(highlight=False)
    given = home is not None
    raise typer.Exit(asyncio.run(show(console, leave=leave, home_given=given, engine=engine.value)))


def doctor(context: typer.Context, home: Home = None) -> None:
    """Check a deployment from end to end; each problem with its remedy."""
    from studiolo.launcher.doctor import examine  # noqa: PLC0415

    choose(home, None, None)
    session = session_of(context)
    raise typer.Exit(examine(local_settings(), session.profile, Console(highlight=False)))
