"""`studiolo activity`: who did what, when, to what."""

from itertools import islice
from typing import Annotated

import typer

from studiolo.cli.errors import Group
from studiolo.cli.options import OutputOption, QueryOption
from studiolo.cli.output import Format, show
from studiolo.cli.session import session_of
from studiolo.client.activity import activity, activity_filter, instant_before
from studiolo.clock import utc_now

app = typer.Typer(cls=Group, no_args_is_help=True, help="Who did what, when, to what.")

_COLUMNS = {
    "Time": "eventTimestamp",
    "Caller": "caller",
    "Operation": "operationName.localizedValue",
    "Status": "status.value",
    "Resource": "resourceId",
    "Detail": "description",
}
_PAGE = 1000


@app.command("list")
def list_activity(
    context: typer.Context,
    resource: Annotated[
        str | None, typer.Option("--resource", help="ARM id; what is below it counts too.")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--resource-group", "-g", help="Of one resource group only.")
    ] = None,
    caller: Annotated[str | None, typer.Option("--caller", help="Name or id of a person.")] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="Accepted, Succeeded, Failed or Denied.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="30m, 2h, 7d, or a date such as 2026-06-01.")
    ] = None,
    most: Annotated[int, typer.Option("--max-events", min=1, help="At most so many lines.")] = 50,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the activity log, newest first: what is about scopes that you may read."""
    wanted = activity_filter(
        since=instant_before(since, utc_now()) if since else None,
        resourceUri=resource,
        resourceGroupName=group,
        caller=caller,
        status=status,
    )
    lines = activity(session_of(context).studiolo, wanted, top=min(most, _PAGE))
    show(list(islice(lines, most)), output, _COLUMNS, query)
