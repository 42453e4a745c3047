"""Every route of the real application says what right it needs."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from studiolo.api.arm.bodies import BodyReader
from studiolo.api.deps import Authorized, SignedIn
from studiolo.domain.access import matches
from studiolo.main import ROUTERS

PUBLIC = {
    "/metadata/endpoints": "where a client finds what; asked before it can sign in",
    "/static/studiolo.css": "the sign-in page's looks",
    "/assets/{name}": "scripts and styles of the studio, the same for everybody",
    "/signin": "signing in",
    "/signin/link": "signing in by a one-time link",
    "/auth/signin": "signing in by the command line",
    "/auth/session": "signing in and out by the studio's own page",
    "/auth/methods": "how one can sign in, asked before it",
    "/{tenant}/v2.0/.well-known/openid-configuration": "public by OpenID Connect",
    "/{tenant}/discovery/v2.0/keys": "public keys",
    "/{tenant}/oauth2/v2.0/token": "signing in of service principals",
    "/instances/open": "checks the session itself, or sends to sign in",
    "/favicon.ico": "a drawing, for the sign-in page too",
    "/.studiolo/echo": "says back what it hears; for doctor",
}
"""Routes that anybody may call, and why."""

OWN_DOOR = {"caller_of", "visitor", "administrator"}
"""Dependencies of identity's routes that let only a signed-in person pass."""

ANY_SIGNED_IN = {
    "/subscriptions",
    "/tenants",
    "/providers/Microsoft.Authorization/roleDefinitions",
    "/providers/Microsoft.Authorization/roleDefinitions/{role}",
}
"""ARM routes that any signed-in caller may read."""

CHECKED_INSIDE = (
    "OperationsStatus/{operation}",
    "OperationResults/{operation}",
    "operationresults/{operation}",
    "/vmSizes",
    "/capabilities",
    "/resourceGroups",
    "/resources",
    "/Microsoft.MachineLearningServices/workspaces",
    "/Microsoft.Network/virtualNetworks",
    "/Microsoft.Insights/eventtypes/management/values",
)
"""Ends of ARM paths whose route shows each caller only what they may read."""


def routes() -> list[RouteContext]:
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for router in ROUTERS:
        app.include_router(router)
    return [each for each in iter_route_contexts(app.routes) if each.path]


def dependencies(dependant: Any) -> Iterator[Callable[..., Any]]:
    for each in dependant.dependencies:
        yield each.call
        yield from dependencies(each)


def calls_of(route: RouteContext) -> list[Callable[..., Any]]:
    dependant = getattr(route.original_route, "dependant", None)
    return list(dependencies(dependant)) if dependant is not None else []


def label(route: RouteContext) -> str:
    return f"{'/'.join(sorted(route.methods or ['WS']))} {route.path}"


@pytest.mark.parametrize("route", routes(), ids=label)
def test_every_route_names_its_right(route: RouteContext) -> None:
    path = str(route.path)
    calls = calls_of(route)
    if path in PUBLIC or OWN_DOOR & {getattr(call, "__name__", "") for call in calls}:
        return
    if any(isinstance(call, Authorized) for call in calls):
        return
    assert any(isinstance(call, SignedIn) for call in calls), f"{label(route)} lets anybody in"
    assert path in ANY_SIGNED_IN or path.endswith(CHECKED_INSIDE), f"{label(route)} names no action"


@pytest.mark.parametrize("route", routes(), ids=label)
def test_the_right_is_checked_before_the_body_is_read(route: RouteContext) -> None:
    calls = calls_of(route)
    doors = [i for i, call in enumerate(calls) if isinstance(call, Authorized | SignedIn)]
    readers = [i for i, call in enumerate(calls) if isinstance(call, BodyReader)]
    assert not doors or not readers or doors[0] < readers[0]


def test_no_endpoint_takes_its_body_by_fastapi() -> None:
    """FastAPI would parse it before any dependency runs, and answer in its own words."""
    for route in routes():
        original = route.original_route
        if isinstance(original, APIRoute) and str(route.path).startswith("/subscriptions"):
            assert not original.dependant.body_params, label(route)


def test_actions_are_spelt_as_azure_spells_them() -> None:
    actions = {
        call.action
        for route in routes()
        for call in calls_of(route)
        if isinstance(call, Authorized)
    }
    assert actions
    for action in actions:
        assert matches("Microsoft.*/*/read", action) or action.rpartition("/")[2] in {
            "read",
            "write",
            "delete",
            "action",
        }, action


def test_no_keyword_has_two_spellings() -> None:
    spellings: dict[str, set[str]] = {}
    for route in routes():
        for segment in str(route.path).split("/"):
            if segment and "{" not in segment:
                spellings.setdefault(segment.lower(), set()).add(segment)
    assert {word for word, seen in spellings.items() if len(seen) > 1} == set()


def test_the_public_list_holds_nothing_that_is_gone() -> None:
    assert set(PUBLIC) <= {str(route.path) for route in routes()}
