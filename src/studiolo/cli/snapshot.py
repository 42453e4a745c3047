"""`studiolo compute snapshot`: what a compute was at an instant, and going back to it."""

from typing import Annotated, Any

import typer

from studiolo.cli.errors import Group
from studiolo.cli.options import (
    GroupOption,
    NoWait,
    OutputOption,
    ParentCompute,
    QueryOption,
    WorkspaceOption,
    Yes,
)
from studiolo.cli.output import Format, show
from studiolo.cli.session import session_of
from studiolo.cli.waiting import progress, state_of

app = typer.Typer(
    cls=Group,
    no_args_is_help=True,
    help="Keep what a compute is, root and home, and go back to it.",
)

SnapshotName = Annotated[str, typer.Option("--name", "-n", help="Name of the snapshot.")]

_COLUMNS = {"Name": "name", "Created": "created_on", "State": "provisioning_state"}


@app.command()
def create(
    context: typer.Context,
    compute: ParentCompute,
    name: SnapshotName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Keep what a compute is at this moment. A running one halts for the instant it takes."""
    snapshots = session_of(context).computes(group, workspace).snapshots(compute)
    with progress(f"Keeping {compute} as {name}"):
        made = snapshots.make(name)
    show(_view(made), output, _COLUMNS, query)


@app.command("list")
def list_snapshots(
    context: typer.Context,
    compute: ParentCompute,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the snapshots of a compute, oldest first."""
    snapshots = session_of(context).computes(group, workspace).snapshots(compute)
    show([_view(one) for one in snapshots.all()], output, _COLUMNS, query)


@app.command("show")
def show_snapshot(
    context: typer.Context,
    compute: ParentCompute,
    name: SnapshotName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Show one snapshot."""
    snapshots = session_of(context).computes(group, workspace).snapshots(compute)
    show(_view(snapshots.show(name)), output, _COLUMNS, query)


@app.command()
def delete(
    context: typer.Context,
    compute: ParentCompute,
    name: SnapshotName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    yes: Yes = False,
    _output: OutputOption = Format.NONE,
) -> None:
    """Forget a snapshot. The compute goes on as it is."""
    if not yes:
        typer.confirm(f"Delete the snapshot '{name}' of compute '{compute}'?", abort=True)
    session_of(context).computes(group, workspace).snapshots(compute).remove(name)


@app.command()
def restore(
    context: typer.Context,
    compute: ParentCompute,
    name: SnapshotName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    _output: OutputOption = Format.NONE,
) -> None:
    """Go back to a snapshot: the compute starts anew with what it was then."""
    if not yes:
        typer.confirm(
            f"Replace all that compute '{compute}' has on its own disks by '{name}'?", abort=True
        )
    computes = session_of(context).computes(group, workspace)
    with progress(f"Restoring {compute}", lambda: state_of(computes, compute)) as tell:
        computes.snapshots(compute).restore(name, wait=not no_wait, progress=tell)


def _view(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource["properties"]
    return {
        "name": resource["name"],
        "created_on": properties["createdOn"],
        "provisioning_state": properties["provisioningState"],
        "id": resource["id"],
    }
