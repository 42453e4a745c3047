"""`/auth/session`: signing in and out from the studio's own page, without a form."""

from typing import Any

import httpx
import pytest
from tests.support.identity import HTTP_ORIGIN, ORIGIN, PASSWORD, Studio, cookies_of, submit

from studiolo.domain.credentials import PER_NAME
from studiolo.store.tables.identity import SessionRow

OURS = {"Origin": ORIGIN}
ANN = {"username": "ann", "password": PASSWORD}


async def begin(
    client: httpx.AsyncClient, body: Any = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    return await client.post("/auth/session", json=body or ANN, headers=headers or OURS)


async def name_of(client: httpx.AsyncClient) -> str | None:
    reply = await client.get("/auth/me")
    return str(reply.json()["name"]) if reply.status_code == 200 else None


async def sessions(studio: Studio) -> int:
    async with studio.services.database.reading() as tx:
        return len((await tx.session.execute(SessionRow.__table__.select())).all())


async def test_a_name_and_a_password_begin_a_session(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        reply = await begin(client)
        assert (reply.status_code, reply.content) == (204, b"")
        assert reply.headers["cache-control"] == "no-store"
        cookie = cookies_of(reply)["__Host-studiolo"]
        assert (cookie["httponly"], cookie["secure"], cookie["samesite"]) == (True, True, "lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert await name_of(client) == "ann"


async def test_it_is_the_session_that_the_form_gives(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as one, studio.client() as other:
        by_page = cookies_of(await begin(one))["__Host-studiolo"]
        by_form = cookies_of(await studio.sign_in(other, "ann"))["__Host-studiolo"]
    assert {k: v for k, v in by_page.items() if k != "expires"} == {
        k: v for k, v in by_form.items() if k != "expires"
    }


async def test_on_http_a_plain_cookie_serves_a_browser_that_keeps_no_other(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client(HTTP_ORIGIN) as client:
        reply = await begin(client, headers={"Origin": HTTP_ORIGIN})
        assert cookies_of(reply)["studiolo-session"]["httponly"]
        assert await name_of(client) == "ann"


@pytest.mark.parametrize(
    "body",
    [
        {"username": "ann", "password": "not hers at all"},
        {"username": "nobody", "password": PASSWORD},
    ],
)
async def test_what_is_wrong_is_not_told(studio: Studio, body: dict[str, str]) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        reply = await begin(client, body)
    assert reply.status_code == 401
    assert reply.json()["error"]["code"] == "InvalidCredentials"
    assert "set-cookie" not in reply.headers
    assert await sessions(studio) == 0


async def test_guesses_count_against_the_form_and_the_form_against_them(studio: Studio) -> None:
    await studio.person("ann")
    wrong = {"username": "ann", "password": "guess"}
    async with studio.client() as client:
        for _ in range(PER_NAME.free + 1):
            assert (await begin(client, wrong)).status_code == 401
        told_to_wait = await begin(client)
        assert told_to_wait.status_code == 429
        assert int(told_to_wait.headers["retry-after"]) >= 1
        form = await submit(client, "/signin", ANN, page="/signin")
        assert form.status_code == 429


async def test_every_attempt_and_the_end_are_in_the_activity_log(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await begin(client, {"username": "ann", "password": "guess"})
        await begin(client)
        await client.delete("/auth/session", headers=OURS)
    assert await studio.activity() == [
        ("Studiolo.Identity/signIn/action", "Failed", "ann"),
        ("Studiolo.Identity/signIn/action", "Succeeded", "ann"),
        ("Studiolo.Identity/signOut/action", "Succeeded", "ann"),
    ]


ELSEWHERE = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://ann-ci.studiolo.localhost:8481"},
    {"Origin": "http://studiolo.localhost:8481"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"X-Nothing": "said"},
]


@pytest.mark.parametrize("headers", ELSEWHERE)
async def test_a_page_of_another_origin_neither_begins_nor_ends_a_session(
    studio: Studio, headers: dict[str, str]
) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        refused = await begin(client, headers=headers)
        assert refused.status_code == 403
        assert refused.json()["error"]["code"] == "CrossOriginRequest"
        assert "set-cookie" not in refused.headers
        await begin(client)
        ended = await client.delete("/auth/session", headers=headers)
        assert ended.status_code == 403
        assert await name_of(client) == "ann"


async def test_a_form_that_another_page_could_send_is_no_sign_in(studio: Studio) -> None:
    """Browsers send forms anywhere without asking; JSON they do not."""
    await studio.person("ann")
    async with studio.client() as client:
        reply = await client.post("/auth/session", data=ANN, headers=OURS)
    assert reply.status_code == 415


async def test_signing_in_again_ends_the_session_before(studio: Studio) -> None:
    await studio.person("ann")
    await studio.person("bob")
    async with studio.client() as client:
        first = cookies_of(await begin(client))["__Host-studiolo"].value
        await begin(client, {"username": "bob", "password": PASSWORD})
        assert await name_of(client) == "bob"
    async with studio.client() as client:
        stale = {"Cookie": f"__Host-studiolo={first}"}
        assert (await client.get("/auth/me", headers=stale)).status_code == 401
    assert await sessions(studio) == 1


async def test_signing_out_ends_the_session_at_the_server_and_takes_the_cookie(
    studio: Studio,
) -> None:
    person = await studio.person("ann")
    told: list[str] = []
    studio.identity.endings.listen(told.append)
    async with studio.client() as client:
        value = cookies_of(await begin(client))["__Host-studiolo"].value
        reply = await client.delete("/auth/session", headers=OURS)
        assert (reply.status_code, reply.content) == (204, b"")
        assert cookies_of(reply)["__Host-studiolo"].value == ""
        assert cookies_of(reply)["__Host-studiolo"]["max-age"] == "0"
        assert await name_of(client) is None
    async with studio.client() as client:
        stale = {"Cookie": f"__Host-studiolo={value}"}
        assert (await client.get("/auth/me", headers=stale)).status_code == 401
    assert told == [person.id], "streams that are open must be cut"


async def test_signing_out_without_a_session_is_nothing_to_complain_about(studio: Studio) -> None:
    async with studio.client() as client:
        reply = await client.delete("/auth/session", headers=OURS)
    assert reply.status_code == 204


async def test_a_disabled_person_does_not_get_in(studio: Studio) -> None:
    person = await studio.person("ann")
    async with studio.services.database.transaction() as tx:
        await tx.principals.set_disabled(person.id, disabled=True)
    async with studio.client() as client:
        assert (await begin(client)).status_code == 401


async def test_how_to_sign_in_is_told_to_anybody(studio: Studio) -> None:
    async with studio.client() as client:
        reply = await client.get("/auth/methods")
    assert reply.json() == {"password": True, "link": True, "providers": []}


async def test_the_password_is_in_no_log(
    studio: Studio, capsys: pytest.CaptureFixture[str]
) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await begin(client)
        await begin(client, {"username": "ann", "password": PASSWORD, "remember": True})
    seen = capsys.readouterr()
    assert "/auth/session" in seen.out
    assert PASSWORD not in seen.out + seen.err
