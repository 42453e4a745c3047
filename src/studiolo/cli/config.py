"""`studiolo config`: defaults for group, workspace and region."""

from dataclasses import replace
from typing import Annotated

import typer

from studiolo.cli.errors import Group
from studiolo.cli.options import OutputOption
from studiolo.cli.output import Format, notes, show
from studiolo.cli.session import session_of

app = typer.Typer(cls=Group, no_args_is_help=True, help="Remember defaults.")

_KEYS = ("group", "workspace", "location", "subscription")


@app.command("set-defaults")
def set_defaults(
    context: typer.Context,
    values: Annotated[
        list[str], typer.Argument(help=f"key=value; keys are {', '.join(_KEYS)}. Empty clears.")
    ],
) -> None:
    """Remember defaults, for example: set-defaults group=research workspace=vision."""
    session = session_of(context)
    chosen: dict[str, str] = {}
    for word in values:
        key, equals, value = word.partition("=")
        if not equals or key not in _KEYS:
            raise typer.BadParameter(f"'{word}': write key=value, with one of {', '.join(_KEYS)}")
        chosen[key] = value
    session.remember(replace(session.profile, **chosen))
    notes().print("Remembered.")


@app.command("show")
def show_config(context: typer.Context, output: OutputOption = Format.TABLE) -> None:
    """Show what is remembered; never the token."""
    profile = session_of(context).profile
    shown = {"server": profile.server, "user": profile.user, "ca": profile.root}
    shown |= {key: getattr(profile, key) for key in _KEYS}
    show(shown, output, {})
