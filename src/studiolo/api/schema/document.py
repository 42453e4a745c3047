"""The OpenAPI description: FastAPI's own, put right where routes say more than FastAPI sees.

FastAPI knows paths, parameters and the models of answers. It does not know bodies, which are read
after the caller's right is checked; nor parameters that dependencies take from the request; and it
adds answers that no route gives (a 200 to what answers 202, a 422). Names no host: a client knows
where it got this from.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic import BaseModel
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.routing import BaseRoute

from studiolo.api.arm.bodies import BodyReader
from studiolo.api.arm.paging import requested_page
from studiolo.api.arm.versions import require_version
from studiolo.api.deps import Authorized, SignedIn
from studiolo.api.identity.callers import caller_of
from studiolo.api.schema.arm import ErrorResponse

_SCHEMA = "#/components/schemas/{model}"

_PARAMETERS: dict[str, dict[str, Any]] = {
    "ApiVersion": {
        "name": "api-version",
        "in": "query",
        "required": True,
        "description": "A date, as `2024-10-01`; the answer does not depend on it.",
        "schema": {"type": "string"},
    },
    "Top": {
        "name": "$top",
        "in": "query",
        "required": False,
        "description": "How many items at most.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100},
    },
    "SkipToken": {
        "name": "$skipToken",
        "in": "query",
        "required": False,
        "description": "Where to go on: it stands in `nextLink`.",
        "schema": {"type": "string"},
    },
}

_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A personal access token, or an access token of the OAuth2 endpoint.",
    },
    "session": {"type": "apiKey", "in": "cookie", "name": "__Host-studiolo"},
}

_ERROR = {
    "description": "What is wrong",
    "content": {"application/json": {"schema": {"$ref": _SCHEMA.format(model="ErrorResponse")}}},
}


def described(routes: Sequence[BaseRoute]) -> Iterator[RouteContext]:
    """The routes that are part of the API."""
    for each in iter_route_contexts(routes):
        if isinstance(each.original_route, APIRoute) and each.include_in_schema:
            yield each


def calls_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Everything that runs before a route."""
    for each in dependant.dependencies:
        if each.call is not None:
            yield each.call
        yield from calls_of(each)


def model_of(route: Any, status: int) -> type[BaseModel] | None:
    """The model of what a route answers with a status; None where that is no JSON."""
    said = route.responses.get(status)
    if said is not None:
        model: type[BaseModel] | None = said.get("model")
        return model
    return _own_model(route) if status == (route.status_code or 200) else None


def statuses_of(route: Any) -> set[int]:
    """The statuses that a route answers with when all goes well, as far as it says them."""
    said = {int(status) for status in route.responses}
    if route.status_code is not None or _own_model(route) is not None:
        said.add(route.status_code or 200)
    return said


def _own_model(route: Any) -> type[BaseModel] | None:
    model = route.response_model
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The description of an application's routes.

    :raises ValueError: two operations have one name, or two models.
    """
    made = get_openapi(title="Studiolo", version="1", routes=routes)
    operations = list(_operations(made["paths"], routes))
    bodies = [body for route, _ in operations for body in _bodies(route)]
    for route, operation in operations:
        _put_right(route, operation)
    _refuse_same_names(operation["operationId"] for _, operation in operations)
    _complete(made["components"], [body.model for body in bodies])
    return dict(_plain(made))


def _complete(components: dict[str, Any], bodies: Sequence[type[BaseModel]]) -> None:
    """Add what FastAPI does not know of, and leave out its own errors, which nobody gets."""
    schemas = components["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _add(schemas, _schemas([(model, "validation") for model in bodies]))
    _add(schemas, _schemas([(ErrorResponse, "serialization")]))
    components["parameters"] = _PARAMETERS
    components["responses"] = {"Error": _ERROR}
    components["securitySchemes"] = _SECURITY


def as_text(document: Mapping[str, Any]) -> str:
    """The description as JSON that is the same whenever the description is."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def document_of(routers: Iterable[APIRouter]) -> dict[str, Any]:
    """The description of routers, without an application that serves them."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    for router in routers:
        app.include_router(router)
    return document(app.routes)


def _operations(
    paths: Mapping[str, Any], routes: Sequence[BaseRoute]
) -> Iterator[tuple[RouteContext, dict[str, Any]]]:
    for route in described(routes):
        for method in route.methods or ():
            yield route, paths[str(route.path_format)][method.lower()]


def _put_right(route: RouteContext, operation: dict[str, Any]) -> None:
    operation["operationId"] = route.operation_id or to_camel(str(route.name))
    operation.pop("summary", None)
    operation["responses"] = _responses(route, operation["responses"])
    calls = list(calls_of(route.dependant))
    if parameters := [*_parameters(calls), *operation.get("parameters", [])]:
        operation["parameters"] = parameters
    if any(isinstance(call, Authorized | SignedIn) or call is caller_of for call in calls):
        operation["security"] = [{"bearer": []}, {"session": []}]
    for body in _bodies(route):
        reference = {"$ref": _SCHEMA.format(model=body.model.__name__)}
        content = {"application/json": {"schema": reference}}
        operation["requestBody"] = {"required": body.required, "content": content}


def _parameters(calls: Sequence[Callable[..., Any]]) -> Iterator[dict[str, str]]:
    asked: list[str] = []
    if require_version in calls or any(isinstance(call, Authorized | SignedIn) for call in calls):
        asked.append("ApiVersion")
    if requested_page in calls:
        asked += ["Top", "SkipToken"]
    for name in asked:
        yield {"$ref": f"#/components/parameters/{name}"}


def _bodies(route: RouteContext) -> Iterator[BodyReader]:
    for call in calls_of(route.dependant):
        if isinstance(call, BodyReader):
            yield call


def _responses(route: RouteContext, made: Mapping[str, Any]) -> dict[str, Any]:
    """The answers that the route says, and the one that every route gives when it cannot."""
    said = {str(status): _response(route, status, made) for status in sorted(statuses_of(route))}
    return said | {"default": {"$ref": "#/components/responses/Error"}}


def _response(route: RouteContext, status: int, made: Mapping[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = dict(made[str(status)])
    content = response.pop("content", None)
    own = route.responses.get(status, {})
    if "content" in own:
        return response | {"content": own["content"]}
    if model_of(route, status) is None:
        return response
    # FastAPI mixes a model into what it knows by the function's annotation.
    reference = {"$ref": content["application/json"]["schema"]["$ref"]}
    return response | {"content": {"application/json": {"schema": reference}}}


def _schemas(models: Sequence[tuple[type[BaseModel], JsonSchemaMode]]) -> dict[str, Any]:
    _, made = models_json_schema(models, ref_template=_SCHEMA)
    found: dict[str, Any] = made.get("$defs", {})
    return found


def _add(schemas: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, schema in more.items():
        if _plain(schemas.setdefault(name, schema)) != _plain(schema):
            raise ValueError(f"Two models are called {name!r}. Give one of them another name.")


def _refuse_same_names(names: Iterable[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ValueError(f"Two operations are called {name!r}. Give one route another name.")
        seen.add(name)


def _plain(value: Any) -> Any:
    """Without titles, which only repeat names, and defaults of what is not there."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _plain(each)
        for name, each in value.items()
        if not (name == "title" and isinstance(each, str))
        and not (name == "default" and each is None)
    }
