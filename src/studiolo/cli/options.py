"""The options that several commands share, with Azure's names and letters."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.cli.output import Format
from studiolo.cli.session import Session, config_path
from studiolo.client.errors import ClientError


def complete_compute(context: typer.Context, incomplete: str) -> list[str]:
    """Names of computes in the workspace meant, for the shell."""
    given = context.params
    try:
        session = _session(context)
        computes = session.computes(given.get("group"), given.get("workspace")).all()
        return _beginning(computes, incomplete)
    except (ClientError, OSError, ValueError):
        # There is nowhere to say what is wrong: the shell shows nothing, and the command will.
        return []


def complete_workspace(context: typer.Context, incomplete: str) -> list[str]:
    """Names of workspaces, for the shell."""
    try:
        return _beginning(_session(context).studiolo.workspaces(), incomplete)
    except (ClientError, OSError, ValueError):
        return []


def _session(context: typer.Context) -> Session:
    """The session that the command would have; while completing, nothing has made it yet."""
    given = context.find_root().params
    return Session(given.get("profile") or config_path(), given.get("server"), given.get("token"))


def _beginning(resources: Iterable[Mapping[str, Any]], incomplete: str) -> list[str]:
    names = (str(resource["name"]) for resource in resources)
    return [name for name in names if name.lower().startswith(incomplete.lower())]


GroupOption = Annotated[
    str | None,
    typer.Option("--resource-group", "-g", help="Resource group; the profile's by default."),
]
GroupFilter = Annotated[
    str | None, typer.Option("--resource-group", "-g", help="Only this group's.")
]
WorkspaceOption = Annotated[
    str | None,
    typer.Option(
        "--workspace-name",
        "-w",
        help="Workspace; the profile's by default.",
        autocompletion=complete_workspace,
    ),
]


class Truth(StrEnum):
    """A value as `az` takes it, beside a flag."""

    TRUE = "true"
    FALSE = "false"

    @property
    def means(self) -> bool:
        """As a boolean."""
        return self is Truth.TRUE


PublicAddress = Annotated[
    Truth | None,
    typer.Option(
        "--enable-node-public-ip",
        case_sensitive=False,
        help="false: the machine has no way out of its network.",
    ),
]
ComputeName = Annotated[
    str,
    typer.Option(
        "--name", "-n", help="Name of the compute instance.", autocompletion=complete_compute
    ),
]
ParentCompute = Annotated[
    str,
    typer.Option(
        "--compute-name", "-c", help="The compute instance.", autocompletion=complete_compute
    ),
]
SizeOption = Annotated[str | None, typer.Option("--size", "-s", help="Compute size.")]
HomeDisk = Annotated[
    int | None, typer.Option("--home-disk-size", min=1, help="Size of the home in GiB.")
]
RootDisk = Annotated[
    int | None, typer.Option("--root-disk-size", min=1, help="Size of the system's disk in GiB.")
]
WorkspaceName = Annotated[
    str,
    typer.Option("--name", "-n", help="Name of the workspace.", autocompletion=complete_workspace),
]
FileOption = Annotated[
    Path | None,
    typer.Option("--file", "-f", help="YAML file in Azure's schema.", exists=True, dir_okay=False),
]
LocationOption = Annotated[
    str | None, typer.Option("--location", "-l", help="Region; the workspace's by default.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change a field of the YAML: path.to.field=value. Repeatable."),
]
TagsOption = Annotated[
    list[str] | None, typer.Option("--tags", help="Tags, 'key=value key2=value2'. Repeatable.")
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until it has ended.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask for confirmation.")]
MaxResults = Annotated[
    int | None, typer.Option("--max-results", "-r", min=1, help="At most so many items.")
]
OutputOption = Annotated[
    Format,
    typer.Option("--output", "-o", help="Format of the result.", envvar="STUDIOLO_OUTPUT"),
]
QueryOption = Annotated[str | None, typer.Option("--query", help="JMESPath applied to the result.")]
