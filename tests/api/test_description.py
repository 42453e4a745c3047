"""The OpenAPI description: complete, true (`tests/support/described.py` holds replies against it),
and what the studio's types are made of."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import Field
from tests.support import described
from tests.support.api import Api, open_api
from tests.support.described import Reply, problem_of
from typer.testing import CliRunner

from studiolo.api.arm.paths import is_arm
from studiolo.api.schema.base import Answer, Instant, left_out
from studiolo.api.schema.document import as_text, document_of
from studiolo.api.schema.saying import begins, empty, gives
from studiolo.cli.main import app as command_line
from studiolo.main import ROUTERS

KEPT = Path(__file__).parents[2] / "studio" / "openapi.json"
RENEW = "./dev run studiolo openapi > studio/openapi.json && ./dev studio npm run types"

NOT_THE_API = {
    "/", "/welcome", "/workspaces", "/workspaces/{rest:path}", "/settings", "/assets/{name}",
    "/static/studiolo.css", "/favicon.ico", "/signin", "/signin/link", "/instances/open",
    "/{tenant}/v2.0/.well-known/openid-configuration", "/{tenant}/discovery/v2.0/keys",
    "/{tenant}/oauth2/v2.0/token",
    "/openapi.json", "/.studiolo/echo",
}  # fmt: skip
"""Pages, what OpenID Connect describes itself, the description, and the WebSocket of `doctor`."""

REFUSED = re.compile(r".*/computes/\{compute\}/[a-zA-Z]+")
"""Azure's actions that there are not: their routes only say so, and none is described."""


@pytest.fixture(scope="module")
def said() -> dict[str, Any]:
    """The description."""
    return document_of(ROUTERS)


def operations(said: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in said["paths"].items()
        for method, operation in item.items()
    ]


def test_every_route_of_the_api_is_described(said: dict[str, Any]) -> None:
    missing = set()
    for router in ROUTERS:
        for route in iter_route_contexts(router.routes):
            path = str(route.path)
            if str(route.path_format) not in said["paths"] and path not in NOT_THE_API:
                missing.add(path)
    assert all(REFUSED.fullmatch(path) for path in missing), missing


def test_every_operation_says_what_it_answers_and_how_it_fails(said: dict[str, Any]) -> None:
    for name, operation in operations(said):
        answers = operation["responses"]
        assert answers["default"] == {"$ref": "#/components/responses/Error"}, name
        assert any(status.startswith("2") for status in answers), f"{name} says no answer"
        for status, answer in answers.items():
            for content in answer.get("content", {}).values():
                assert content["schema"], f"{name} answers {status} with anything"


def test_every_operation_of_arm_has_a_version_a_right_and_a_name(said: dict[str, Any]) -> None:
    for name, operation in operations(said):
        assert re.fullmatch(r"[a-z][a-zA-Z]+", operation["operationId"]), name
        if is_arm(name.partition(" ")[2]):
            assert {"$ref": "#/components/parameters/ApiVersion"} in operation["parameters"], name
            assert operation["security"], name


def test_every_operation_that_writes_says_its_body(said: dict[str, Any]) -> None:
    for name, operation in operations(said):
        if name.startswith(("PUT", "PATCH")) and not name.endswith("/files/directory"):
            assert operation["requestBody"]["content"], name


def test_the_description_names_no_host_and_no_reference_leads_nowhere(said: dict[str, Any]) -> None:
    text = as_text(said)
    assert "servers" not in said
    assert "localhost" not in text
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', text)):
        found: Any = said
        for part in reference.split("/"):
            found = found[part]


def test_what_the_studio_is_built_on_is_what_the_api_says(said: dict[str, Any]) -> None:
    assert json.loads(KEPT.read_text()) == json.loads(as_text(said)), (
        f"The API is another one than studio/openapi.json has. Renew it: {RENEW}"
    )


def test_the_command_line_prints_the_description(said: dict[str, Any]) -> None:
    printed = CliRunner().invoke(command_line, ["openapi"])
    assert (printed.exit_code, printed.stdout) == (0, as_text(said))


async def test_the_description_is_served_to_whoever_is_signed_in(
    said: dict[str, Any], tmp_path: Path
) -> None:
    api = await open_api(tmp_path, routers=ROUTERS)
    try:
        refused = await api.call("GET", "/openapi.json", who=None, version=None)
        served = await api.call("GET", "/openapi.json", who="eve", version=None)
    finally:
        await api.services.database.close()
    assert (refused.status_code, served.status_code) == (401, 200)
    assert served.text == as_text(said)


def test_two_operations_of_one_name_are_refused() -> None:
    router = APIRouter()
    for path in ("/one", "/two"):
        router.add_api_route(path, lambda: None, name="same", responses=empty(204))
    with pytest.raises(ValueError, match="Two operations are called 'same'"):
        document_of([router])


class Leaf(Answer):
    """Something to answer with."""

    name: str
    at: Instant
    note: str = left_out()
    count: int | None = Field(alias="howMany")


LEAF = {"name": "a", "at": "2026-06-01T12:00:00Z", "howMany": None}


def a_reply(status: int, body: bytes, media: str = "application/json", **headers: str) -> Reply:
    raw = [(b"content-type", media.encode())]
    raw += [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    reply = Reply()
    reply.note({"type": "http.response.start", "status": status, "headers": raw})
    reply.note({"type": "http.response.body", "body": body})
    return reply


def problem(status: int, body: bytes, media: str = "application/json", **headers: str) -> str:
    router = APIRouter()
    responses = gives(Leaf) | begins(202) | empty(204)
    router.add_api_route("/leaf", lambda: None, name="leaf", responses=responses)
    scope = {"method": "GET", "path": "/leaf", "route": router.routes[0]}
    return problem_of(scope, a_reply(status, body, media, **headers)) or ""


def test_a_reply_as_described_passes() -> None:
    assert not problem(200, json.dumps(LEAF).encode())
    assert not problem(200, json.dumps(LEAF | {"note": "x", "howMany": 3}).encode())
    assert not problem(204, b"")
    assert not problem(202, b"", azure_asyncoperation="x", location="x", retry_after="1")
    assert not problem(404, b'{"error": {"code": "C", "message": "m"}}')


@pytest.mark.parametrize(
    ("status", "change", "found"),
    [
        (200, {"extra": 1}, "Extra inputs are not permitted"),
        (200, {"name": 1}, "should be a valid string"),
        (200, {"note": None}, "should be a valid string"),
        (200, {"at": "yesterday"}, "should match pattern"),
        (201, {}, "does not have this status"),
        (204, {}, "where none is described"),
        (202, {}, "Azure-AsyncOperation is not there"),
        (404, {}, "error: Field required"),
    ],
)
def test_a_reply_that_is_not_as_described_is_found(
    status: int, change: dict[str, Any], found: str
) -> None:
    assert found in problem(status, json.dumps(LEAF | change).encode())


def test_a_field_that_is_missing_or_called_as_in_python_is_found() -> None:
    assert "howMany: Field required" in problem(200, b'{"name": "a", "at": "2026-06-01T12:00:00Z"}')
    named = {"name": "a", "at": "2026-06-01T12:00:00Z", "count": 1}
    assert "howMany: Field required" in problem(200, json.dumps(named).encode())


def test_what_is_no_json_is_found() -> None:
    assert "where JSON is described" in problem(200, b"{}", "text/html")


async def test_a_test_that_gets_an_undescribed_reply_fails(api: Api) -> None:
    router = APIRouter(include_in_schema=False)

    @router.get("/subscriptions/{subscription}/undescribed")
    async def undescribed(subscription: str) -> JSONResponse:
        return JSONResponse({})

    api.app.include_router(router)
    wrong = pytest.raises(AssertionError, match="nothing of this route is described")
    with wrong, described.holding():
        await api.call("GET", "/subscriptions/x/undescribed")
