"""Commands that give a compute another size or system, or make another compute of it.

They are commands of `studiolo compute`.
"""

from typing import Annotated

import typer

from studiolo.cli import fields
from studiolo.cli.options import (
    ComputeName,
    GroupOption,
    HomeDisk,
    NoWait,
    OutputOption,
    QueryOption,
    RootDisk,
    SizeOption,
    WorkspaceOption,
    Yes,
)
from studiolo.cli.output import COMPUTE_COLUMNS, Format, show
from studiolo.cli.session import session_of
from studiolo.cli.waiting import progress, state_of
from studiolo.client.compute_view import from_resource


def resize(
    context: typer.Context,
    name: ComputeName,
    size: SizeOption = None,
    home_disk: HomeDisk = None,
    root_disk: RootDisk = None,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    no_wait: NoWait = False,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Give a compute another size, larger disks, or both. A running one goes on where it can."""
    wanted = {"targetVMSize": size, "homeDiskSizeGiB": home_disk, "rootDiskSizeGiB": root_disk}
    body = fields.without_none(wanted)
    if not body:
        raise typer.BadParameter("say --size, --home-disk-size or --root-disk-size")
    computes = session_of(context).computes(group, workspace)
    with progress(f"Resizing {name}", lambda: state_of(computes, name)) as tell:
        computes.act(name, "resize", body, wait=not no_wait, progress=tell)
    show(from_resource(computes.show(name)), output, COMPUTE_COLUMNS, query)


def clone(
    context: typer.Context,
    name: ComputeName,
    new: Annotated[str, typer.Option("--new-name", help="Name of the copy.")],
    size: SizeOption = None,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    no_wait: NoWait = False,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Create a compute of your own as a copy of another one, home and all."""
    computes = session_of(context).computes(group, workspace)
    body = fields.without_none({"name": new, "targetVMSize": size})
    with progress(f"Copying {name} to {new}", lambda: state_of(computes, new)) as tell:
        made = computes.clone(name, body, wait=not no_wait, progress=tell)
    show(from_resource(made), output, COMPUTE_COLUMNS, query)


def reimage(
    context: typer.Context,
    name: ComputeName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    _output: OutputOption = Format.NONE,
) -> None:
    """Start a compute anew on the newest image. Its home stays."""
    if not yes:
        typer.confirm(
            f"Replace the system of compute '{name}', and what was installed into it?", abort=True
        )
    computes = session_of(context).computes(group, workspace)
    with progress(f"Reimaging {name}", lambda: state_of(computes, name)) as tell:
        computes.act(name, "reimage", wait=not no_wait, progress=tell)
