"""`studiolo region`: the hosts of a region that is a cluster. See docs/engines.md."""

from typing import Annotated, Any

import typer

from studiolo.cli.errors import Group
from studiolo.cli.options import NoWait, OutputOption, QueryOption, Yes
from studiolo.cli.output import Format, notes, show
from studiolo.cli.session import session_of
from studiolo.cli.waiting import progress
from studiolo.client.studiolo import Members

app = typer.Typer(cls=Group, no_args_is_help=True, help="Hosts of a region that is a cluster.")

RegionArgument = Annotated[str, typer.Argument(help="A region of the deployment.")]
MemberArgument = Annotated[str, typer.Argument(help="Name of a member of its cluster.")]

_COLUMNS = {
    "Name": "name",
    "Status": "status",
    "State": "provisioning_state",
    "Instances": "instances",
    "FreeVCPUs": "vcpus.free",
    "UsedVCPUs": "vcpus.used",
    "FreeMiB": "memory_mib.free",
    "UsedMiB": "memory_mib.used",
}


@app.command()
def members(
    context: typer.Context,
    region: RegionArgument,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the members of a region's cluster."""
    found = session_of(context).studiolo.members(region).all()
    show([_view(each) for each in found], output, _COLUMNS, query)


@app.command()
def evacuate(
    context: typer.Context,
    region: RegionArgument,
    member: MemberArgument,
    yes: Yes = False,
    no_wait: NoWait = False,
) -> None:
    """Move every instance off a member, which takes no more until it is restored.

    Running instances are stopped in good order and run again on another member.
    """
    if not yes:
        typer.confirm(f"Stop and move every instance on '{member}' of '{region}'?", abort=True)
    found = session_of(context).studiolo.members(region)
    with progress(f"Emptying {member}", lambda: _left(found, member)) as tell:
        found.act(member, "evacuate", wait=not no_wait, progress=tell)
    notes().print(f"{member} is being emptied." if no_wait else f"{member} is empty.")


@app.command()
def restore(
    context: typer.Context, region: RegionArgument, member: MemberArgument, no_wait: NoWait = False
) -> None:
    """Let a member take instances again. Those that left it stay where they are."""
    found = session_of(context).studiolo.members(region)
    with progress(f"Restoring {member}") as tell:
        found.act(member, "restore", wait=not no_wait, progress=tell)
    notes().print(f"{member} is being restored." if no_wait else f"{member} takes instances again.")


def _left(members: Members, member: str) -> str:
    return f"{members.show(member)['properties']['instances']} left"


def _view(resource: dict[str, Any]) -> dict[str, Any]:
    properties = resource["properties"]
    return {
        "name": resource["name"],
        "status": properties["status"],
        "provisioning_state": properties["provisioningState"],
        "instances": properties["instances"],
        "vcpus": properties["vCPUs"],
        "memory_mib": properties["memoryMiB"],
        "id": resource["id"],
    }
