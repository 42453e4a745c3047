"""`studiolo region`: the hosts of a region that is a cluster. See docs/engines.md."""

import time
from typing import Annotated, Any

import typer

from studiolo.cli.errors import Group
from studiolo.cli.login import local_settings
from studiolo.cli.options import NoWait, OutputOption, QueryOption, Yes
from studiolo.cli.output import Format, notes, show
from studiolo.cli.waiting import progress
from studiolo.client.local import Local

app = typer.Typer(
    cls=Group, no_args_is_help=True, help="Hosts of a region that is a cluster; on its own machine."
)

RegionArgument = Annotated[str, typer.Argument(help="A configured region.")]
MemberArgument = Annotated[str, typer.Argument(help="Name of a member of its cluster.")]

_COLUMNS = {"Name": "name", "Status": "status", "TakesMachines": "open", "Machines": "machines"}
_LOOK_SECONDS = 1.0


@app.command()
def members(
    region: RegionArgument, output: OutputOption = Format.TABLE, query: QueryOption = None
) -> None:
    """List the members of a region's cluster."""
    show(_local().hosts(region), output, _COLUMNS, query)


@app.command()
def evacuate(
    region: RegionArgument, member: MemberArgument, yes: Yes = False, no_wait: NoWait = False
) -> None:
    """Move every machine off a member, which takes no more until it is restored.

    Running machines are stopped in good order and run again on another member.
    """
    if not yes:
        typer.confirm(f"Stop and move every machine on '{member}' of '{region}'?", abort=True)
    local = _local()
    left = _machines(local.want_host(region, member, "evacuate"), member)
    with progress(f"Emptying {member}") as tell:
        while left and not no_wait:
            tell(f"{left} left")
            time.sleep(_LOOK_SECONDS)
            left = _machines(local.hosts(region), member)
    notes().print(f"{left} machines are left on {member}." if left else f"{member} is empty.")


@app.command()
def restore(region: RegionArgument, member: MemberArgument) -> None:
    """Let a member take machines again. Those that left it stay where they are."""
    _local().want_host(region, member, "restore")
    notes().print(f"{member} takes machines again.")


def _machines(hosts: list[dict[str, Any]], member: str) -> int:
    return next((int(each["machines"]) for each in hosts if each["name"] == member), 0)


def _local() -> Local:
    return Local(local_settings().local_socket)
