"""`studiolo activity`: who did what, when, to what."""

import re
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated

import typer

from studiolo.cli.errors import Group
from studiolo.cli.options import OutputOption, QueryOption
from studiolo.cli.output import Format, show
from studiolo.cli.session import Session, session_of
from studiolo.client.errors import ClientError
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
"""Lines of one reply, at most."""

_AGO = re.compile(r"([1-9][0-9]{0,4})([smhd])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@app.command("list")
def list_activity(
    context: typer.Context,
    resource: Annotated[
        str | None,
        typer.Option("--resource", help="A compute, or an ARM id; what is below it counts too."),
    ] = None,
    group: Annotated[
        str | None, typer.Option("--resource-group", "-g", help="Of one resource group only.")
    ] = None,
    caller: Annotated[str | None, typer.Option("--caller", help="Name or id of a person.")] = None,
    status: Annotated[
        str | None,
        typer.Option("--status", help="Accepted, Succeeded, Failed, Canceled or Denied."),
    ] = None,
    since: Annotated[
        str, typer.Option("--since", help="So long ago (30m, 2h, 7d), or a date: 2026-06-01.")
    ] = "7d",
    most: Annotated[
        int, typer.Option("--max-events", "-r", min=1, help="At most so many lines.")
    ] = 50,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the activity log, newest first: what is about scopes that you may read."""
    session = session_of(context)
    wanted = {
        "eventTimestamp ge": instant_before(since, utc_now()).isoformat(),
        "resourceUri eq": _arm_id(session, resource) if resource else None,
        "resourceGroupName eq": group,
        "caller eq": caller,
        "status eq": status,
    }
    terms = {name: value for name, value in wanted.items() if value is not None}
    lines = session.studiolo.activity(terms, page=min(most, _PAGE))
    show(list(islice(lines, most)), output, _COLUMNS, query)


def _arm_id(session: Session, resource: str) -> str:
    """The ARM id of what a person names: itself, or that of a compute of the default workspace."""
    return resource if resource.startswith("/") else session.computes(None, None).path(resource)


def instant_before(text: str, now: datetime) -> datetime:
    """The instant that `30m`, `2h`, `7d` or an ISO 8601 date stands for; without a zone it is UTC.

    :raises ClientError: it is none of these.
    """
    if ago := _AGO.fullmatch(text):
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ClientError(
            f"'{text}' is no time. Say how long ago (30m, 2h, 7d), or a date such as "
            "2026-06-01T12:00.",
            code="InvalidTime",
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
