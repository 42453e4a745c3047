"""From the studio to an application of an instance."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from studiolo.api.identity.callers import Caller, require
from studiolo.api.identity.rendering import instance_origin, redirect
from studiolo.api.identity.service import IdentityService, identity_of
from studiolo.api.identity.sessions import new_ticket
from studiolo.api.identity.visitors import PageRoute, to_sign_in, visitor
from studiolo.domain import access
from studiolo.domain.errors import Forbidden, NotFound
from studiolo.domain.resources import Compute
from studiolo.gateway.hosts import (
    REFUSED_PATH,
    SIGNED_OUT_PATH,
    STUDIO_OPEN_PATH,
    is_label,
    safe_path,
    ticket_url,
)
from studiolo.store.transaction import Transaction

router = APIRouter(include_in_schema=False, route_class=PageRoute)

_LONGEST_LABEL = 63
_FRAMED_REFERRER = "strict-origin"
"""The gate lets a frame in by the origin of the page around it, which must outlast a redirect."""


@router.get(STUDIO_OPEN_PATH)
async def open_application(request: Request, host: str = "", path: str = "/") -> Response:
    """Check sign-in and right, and send the browser to the instance's host with a ticket.

    :param host: first label of the instance's host name.
    :param path: where to go there; anything but a path on that host becomes `/`.
    """
    caller = await visitor(request)
    if caller is None or caller.session is None:
        return _in_frame(request, host, SIGNED_OUT_PATH) or to_sign_in(request)
    identity = identity_of(request)
    try:
        compute = await _openable(identity, caller, host)
    except (Forbidden, NotFound):
        if framed := _in_frame(request, host, REFUSED_PATH):
            return framed
        raise
    ticket = await new_ticket(identity, caller.session, compute.id)
    origin = instance_origin(request, compute.host_label)
    target = ticket_url(origin, ticket, safe_path(path) or "/")
    return redirect(target, _FRAMED_REFERRER) if _is_framed(request) else redirect(target)


def _is_framed(request: Request) -> bool:
    return request.headers.get("sec-fetch-dest") == "iframe"


def _in_frame(request: Request, host: str, path: str) -> Response | None:
    """In a frame, in place of a page of this host's: the gate's own page at the instance's host.

    No page of this host is ever framed; that one tells the studio around it what happened. None
    where the browser asks for no frame.
    """
    if not _is_framed(request) or not is_label(_label(host)):
        return None
    return redirect(instance_origin(request, _label(host)) + path, _FRAMED_REFERRER)


async def _openable(identity: IdentityService, caller: Caller, host: str) -> Compute:
    """The instance behind a host label, if this person may open its applications.

    :raises NotFound: there is none.
    :raises Forbidden: it is another person's, or the right to open applications is missing.
    """
    person = caller.principal
    async with identity.database.reading() as tx:
        compute = await tx.computes.by_host(_label(host))
        if compute is None:
            raise _unknown(host)
        if not access.is_theirs(
            person.id, owner_id=compute.owner_id, assigned_id=compute.assigned_id
        ):
            owner = await owner_name(tx, compute)
            raise Forbidden(access.not_theirs(person.name, person.id, compute.arm_id, owner))
        await require(
            tx, person, access.OPEN_APPLICATION, compute.arm_id, owner=compute.assigned_name
        )
    return compute


async def owner_name(tx: Transaction, compute: Compute) -> str:
    """What to call the person an instance was made for; its stored name once they are removed."""
    person = await tx.principals.get(compute.assigned_id)
    return person.display_name if person else compute.assigned_name


def _label(host: str) -> str:
    return host.lower()[:_LONGEST_LABEL]


def _unknown(host: str) -> NotFound:
    return NotFound(
        f"There is no compute instance at '{_label(host)}'. It may have been deleted: go back to "
        "the studio."
    )
