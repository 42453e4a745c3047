"""The dialect's rules apart from any resource."""

import asyncio
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi import APIRouter, Request
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message
from tests.support.api import Api, a_body, open_api

from studiolo.api.arm import etag, paging, paths
from studiolo.api.arm.bodies import MAX_BODY
from studiolo.api.arm.operations import operation_body
from studiolo.api.arm.rendering import instant
from studiolo.api.deps import scope_of
from studiolo.domain.errors import Detail, InvalidInput, PreconditionFailed
from studiolo.domain.resources import Operation, OperationStatus

WORDS = paths.keywords(
    [
        "/subscriptions/{s}/resourceGroups/{g}/providers/Microsoft.MachineLearningServices"
        "/workspaces/{w}/computes/{c}/listNodes",
        "/{scope:path}/providers/Microsoft.Authorization/roleAssignments/{a}",
    ]
)

NAMES = st.text(st.characters(categories=["L", "N"], max_codepoint=0x24F), min_size=1, max_size=9)


def request(query: str = "", path: str = "/x", headers: dict[str, str] | None = None) -> Request:
    raw = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": raw,
            "scheme": "https",
            "server": ("x", 443),
        }
    )


@given(NAMES, NAMES, NAMES, st.randoms())
def test_keywords_take_the_routes_case_and_names_keep_theirs(
    group: str, workspace: str, compute: str, rng: Any
) -> None:
    def mixed(word: str) -> str:
        return "".join(rng.choice([letter.lower(), letter.upper()]) for letter in word)

    wanted = (
        f"/subscriptions/S1/resourceGroups/{group}/providers/Microsoft.MachineLearningServices"
        f"/workspaces/{workspace}/computes/{compute}/listNodes"
    )
    fixed = {2, 4, 8, 10}
    given_path = "/".join(
        part if index in fixed else mixed(part) for index, part in enumerate(wanted.split("/"))
    )
    assert paths.canonical(given_path, WORDS) == wanted


def test_a_name_that_looks_like_a_keyword_stays_a_name() -> None:
    path = "/subscriptions/s/resourceGroups/PROVIDERS/providers/microsoft.machinelearningservices"
    assert paths.canonical(f"{path}/workspaces/COMPUTES/computes/WorkSpaces", WORDS) == (
        "/subscriptions/s/resourceGroups/PROVIDERS/providers/Microsoft.MachineLearningServices"
        "/workspaces/COMPUTES/computes/WorkSpaces"
    )


def test_an_extension_of_a_resource_has_keywords_too() -> None:
    path = "/subscriptions/s/PROVIDERS/microsoft.authorization/ROLEASSIGNMENTS/AbC"
    assert paths.canonical(path, WORDS) == (
        "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/AbC"
    )


def test_paths_that_are_not_arms_are_left_alone() -> None:
    assert paths.canonical("/SignIn/Link/", WORDS) == "/SignIn/Link/"


@pytest.mark.parametrize(
    ("path", "scope"),
    [
        ("/subscriptions/s", "/subscriptions/s"),
        ("/subscriptions/s/resourceGroups", "/subscriptions/s"),
        (
            "/subscriptions/s/resourceGroups/g/providers/M.L/workspaces/w/computes",
            "/subscriptions/s/resourceGroups/g/providers/M.L/workspaces/w",
        ),
        (
            "/subscriptions/s/resourceGroups/g/providers/M.L/workspaces/w/computes/c/stop",
            "/subscriptions/s/resourceGroups/g/providers/M.L/workspaces/w/computes/c",
        ),
        (
            "/subscriptions/s/providers/M.L/locations/l/usages",
            "/subscriptions/s/providers/M.L/locations/l",
        ),
    ],
)
def test_the_scope_of_a_path_is_its_resource(path: str, scope: str) -> None:
    assert scope_of(path) == scope


@given(NAMES, st.text(min_size=1, max_size=40))
def test_a_token_leads_back_to_its_place_in_its_own_list_only(path: str, after: str) -> None:
    token = paging.encode_token(f"/{path}", after)
    query = f"$skipToken={token}"
    assert paging.requested_page(request(query, f"/{path}")).after == after
    with pytest.raises(InvalidInput):
        paging.requested_page(request(query, f"/{path}/other"))


@given(st.text(max_size=60))
def test_no_text_breaks_paging(text: str) -> None:
    for name in ("$top", "$skipToken"):
        try:
            top = paging.requested_page(request(urlencode({name: text}))).top
        except InvalidInput as refusal:
            top = 1 if refusal.target == name else 0
        assert 1 <= top <= paging.MAX_TOP


@pytest.mark.parametrize("value", ['"e1"', "e1", 'W/"e1"', '"e0", "e1"', "*"])
def test_if_match_accepts_the_present_version(value: str) -> None:
    etag.check(request(headers={"If-Match": value}), "e1")


@pytest.mark.parametrize("value", ['"e2"', "e2", '"e0", "e3"'])
def test_if_match_refuses_another_version(value: str) -> None:
    with pytest.raises(PreconditionFailed):
        etag.check(request(headers={"If-Match": value}), "e1")


def test_instants_are_utc_with_microseconds() -> None:
    assert instant(datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)) == "2026-01-02T03:04:05.000006Z"


def test_a_failed_operation_shows_its_error() -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    operation = Operation(
        "id", "s", "local", "ci", "/scope", "Create", OperationStatus.FAILED, "p", moment, moment,
        Detail("NoDisk", "The disk is full."),
    )  # fmt: skip
    assert operation_body(operation)["error"] == {"code": "NoDisk", "message": "The disk is full."}


def a_post(path: str) -> dict[str, Any]:
    """ASGI scope of a POST whose size is not announced."""
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
        "scheme": "https",
        "server": ("studiolo.localhost", 443),
        "root_path": "",
    }


class TestMiddleware:
    """What surrounds every request."""

    @pytest.fixture
    async def odd(self, tmp_path: Any) -> Any:
        router = APIRouter()

        @router.get("/boom")
        async def boom() -> None:
            raise RuntimeError("the secret of the inside")

        @router.post("/read")
        async def read(request: Request) -> dict[str, int]:
            return {"bytes": len(await request.body())}

        api = await open_api(tmp_path, routers=[router], watched=False)
        yield api
        await api.services.database.close()

    async def test_what_nobody_expected_tells_only_an_id(self, odd: Api) -> None:
        reply = await odd.call("GET", "/boom", version=None, who=None)
        error = reply.json()["error"]
        assert (reply.status_code, error["code"]) == (500, "InternalServerError")
        assert "secret" not in reply.text
        assert reply.headers["x-ms-correlation-request-id"] in error["message"]

    async def test_a_callers_correlation_id_is_taken_over_if_harmless(self, odd: Api) -> None:
        headers = {"x-ms-correlation-request-id": "abc-123"}
        reply = await odd.call("GET", "/boom", version=None, who=None, headers=headers)
        assert reply.headers["x-ms-correlation-request-id"] == "abc-123"
        headers = {"x-ms-correlation-request-id": "<script>"}
        reply = await odd.call("GET", "/boom", version=None, who=None, headers=headers)
        assert "<" not in reply.headers["x-ms-correlation-request-id"]

    async def test_the_client_request_id_comes_back_when_asked_for(self, odd: Api) -> None:
        headers = {"x-ms-client-request-id": "c-1", "x-ms-return-client-request-id": "true"}
        reply = await odd.call("GET", "/boom", version=None, who=None, headers=headers)
        assert reply.headers["x-ms-client-request-id"] == "c-1"

    async def test_a_client_that_leaves_is_no_error_of_ours(self, odd: Api) -> None:
        async def receive() -> Message:
            return {"type": "http.disconnect"}

        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        await odd.app(a_post("/read"), receive, send)
        assert messages == []

    async def test_a_body_that_hides_its_size_is_cut_off(self, odd: Api) -> None:
        sent = 0

        async def receive() -> Message:
            nonlocal sent
            await asyncio.sleep(0)
            sent += 1
            return {"type": "http.request", "body": b"x" * 2**16, "more_body": True}

        messages: list[Message] = []

        async def send(message: Message) -> None:
            messages.append(message)

        await odd.app(a_post("/read"), receive, send)
        assert messages[0]["status"] == 413
        assert sent <= MAX_BODY // 2**16 + 1


async def test_any_release_of_the_sdk_since_2021_is_understood(api: Api) -> None:
    for version in ("2021-03-01", "2022-02-01-preview", "2024-10-01-preview", "2025-12-01"):
        reply = await api.call("GET", f"{api.path}/computes", version=version)
        assert reply.status_code == 200, version
    named = await api.call("GET", f"{api.path}/computes?API-Version=2023-04-01", version=None)
    assert named.status_code == 200


async def test_the_next_years_releases_are_understood_too(api: Api) -> None:
    today: date = api.services.clock().date()
    soon = today.replace(year=today.year + 1)
    reply = await api.call("GET", f"{api.path}/computes", version=soon.isoformat())
    assert reply.status_code == 200


async def test_every_reply_carries_ids_and_is_not_sniffed(api: Api) -> None:
    reply = await api.call("GET", f"{api.path}/computes")
    assert reply.headers["x-ms-request-id"]
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert reply.headers["cache-control"] == "no-cache"


async def test_activity_lines_carry_the_correlation_id(api: Api) -> None:
    headers = {"x-ms-correlation-request-id": "trace-me"}
    await api.call("PUT", api.compute("ci-1"), body=a_body(), headers=headers)
    async with api.services.database.reading() as tx:
        [(_, line)] = await tx.activity.page(api.compute("ci-1"), None, 5)
    assert (line.correlation, line.principal_name, line.status) == ("trace-me", "ann", "Accepted")
