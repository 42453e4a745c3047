"""The command line. It parses, calls and prints; what it does is elsewhere."""

from pathlib import Path
from typing import Annotated

import typer

from studiolo import __version__
from studiolo.cli import (
    activity,
    compute,
    config,
    image,
    login,
    network,
    openapi,
    region,
    serve,
    workspace,
)
from studiolo.cli.errors import Group
from studiolo.cli.session import Session, config_path

app = typer.Typer(
    name="studiolo",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Managed workstations for data scientists, on machines you own.",
)
app.command()(serve.up)
app.command()(serve.demo)
app.command()(serve.doctor)
app.command()(login.login)
app.command()(login.logout)
app.command()(openapi.openapi)
app.add_typer(workspace.app, name="workspace")
app.add_typer(compute.app, name="compute")
app.add_typer(activity.app, name="activity")
app.add_typer(config.app, name="config")
app.add_typer(image.app, name="image")
app.add_typer(network.app, name="network")
app.add_typer(region.app, name="region")


@app.callback()
def prepare(
    context: typer.Context,
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            envvar="STUDIOLO_SERVER",
            help="Address of Studiolo; the profile's by default.",
        ),
    ] = None,
    profile: Annotated[
        Path | None,
        typer.Option(
            "--profile", envvar="STUDIOLO_PROFILE", help="File with the sign-in and defaults."
        ),
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar="STUDIOLO_TOKEN", hidden=True),
    ] = None,
) -> None:
    """Settle which deployment is meant, and as whom."""
    source = context.get_parameter_source("token")
    if token and source is not None and source.name != "ENVIRONMENT":
        raise typer.BadParameter(
            "a token on the command line is seen by others; use STUDIOLO_TOKEN"
        )
    context.obj = Session(profile or config_path(), server, token)


@app.command()
def version() -> None:
    """Print Studiolo's version."""
    typer.echo(__version__)
