"""What a browser sees and sends: sessions, cookies, forged requests, redirects."""

import re

import pytest
from tests.support.identity import (
    HTTP_ORIGIN,
    ORIGIN,
    PASSWORD,
    Studio,
    cookies_of,
    form_token,
    submit,
)

from studiolo.api.identity.origins import safe_next
from studiolo.domain.credentials import SESSION_IDLE, SESSION_LIFETIME
from studiolo.store.tables.identity import SessionRow

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_an_address_that_leads_nowhere_is_a_page_for_people_alone(studio: Studio) -> None:
    async with studio.client() as client:
        page = await client.get("/instances/none/nothing/here", headers=PAGE)
        assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert '<a href="/">Back to the studio</a>' in page.text
        assert "set-cookie" not in page.headers
        for path, headers in (("/nothing", {}), ("/subscriptions/s/nothing", PAGE)):
            answer = await client.get(path, headers=headers)
            assert answer.status_code == 404
            assert answer.json()["error"]["code"] == "ResourceNotFound"


async def test_there_is_an_icon_that_pages_may_load(studio: Studio) -> None:
    async with studio.client() as client:
        page = await client.get("/signin", headers=PAGE)
        assert 'rel="icon" type="image/svg+xml" href="/favicon.ico"' in page.text
        assert "img-src 'self'" in page.headers["content-security-policy"]
        icon = await client.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert icon.text.startswith("<svg ")


SAFE = ["/", "/settings", "/instances/open?host=a&path=%2Flab", "/a#b"]
UNSAFE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "/a b",
    "evil.example",
    "/\x00",
    "/é",
    "/" + "a" * 5000,
    "",
    None,
]


@pytest.mark.parametrize("path", SAFE)
def test_a_path_on_this_host_is_followed(path: str) -> None:
    assert safe_next(path) == path


@pytest.mark.parametrize("path", UNSAFE)
def test_anything_else_leads_home(path: str | None) -> None:
    assert safe_next(path) == "/"


@pytest.mark.parametrize("path", UNSAFE)
async def test_signing_in_never_leads_to_another_site(studio: Studio, path: str | None) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        fields = {"username": "ann", "password": PASSWORD, "next": path or ""}
        reply = await submit(client, "/signin", fields, page="/signin")
        assert (reply.status_code, reply.headers["location"]) == (303, "/")
        again = await client.get("/signin", params={"next": path or ""})
        assert again.headers["location"] == "/"


async def test_signing_in_leads_back_to_where_one_wanted_to_go(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        wanted = "/instances/open?host=ann-ci&path=%2Flab"
        first = await client.get(wanted)
        assert first.status_code == 303
        form = await client.get(first.headers["location"])
        following = re.search(r'name="next" value="([^"]*)"', form.text)
        assert following is not None
        assert following[1].replace("&amp;", "&") == wanted


async def test_the_session_cookie_is_host_only_and_out_of_reach_of_scripts(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        reply = await studio.sign_in(client, "ann")
    assert reply.status_code == 303
    cookies = cookies_of(reply)
    assert "studiolo-session" not in cookies
    cookie = cookies["__Host-studiolo"]
    assert cookie["secure"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "lax"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    async with studio.services.database.reading() as tx:
        stored = repr((await tx.session.execute(SessionRow.__table__.select())).all())
    assert cookie.value not in stored


async def test_on_http_a_plain_cookie_serves_a_browser_that_keeps_no_other(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client(HTTP_ORIGIN) as client:
        reply = await studio.sign_in(client, "ann")
        cookies = cookies_of(reply)
        assert cookies["__Host-studiolo"]["secure"]
        plain = cookies["studiolo-session"]
        assert plain["httponly"]
        assert plain["samesite"] == "lax"
        assert plain["domain"] == ""
        # httpx, like such a browser, does not send the secure one over http.
        assert (await client.get("/auth/me")).status_code == 200


async def test_over_https_the_plain_cookie_counts_for_nothing(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        reply = await studio.sign_in(client, "ann")
        value = cookies_of(reply)["__Host-studiolo"].value
    async with studio.client() as client:
        refused = await client.get("/auth/me", headers={"Cookie": f"studiolo-session={value}"})
        assert refused.status_code == 401
        good = await client.get("/auth/me", headers={"Cookie": f"__Host-studiolo={value}"})
        assert good.json()["via"] == "session"


async def test_signing_in_begins_a_fresh_session_and_ends_the_old_one(studio: Studio) -> None:
    await studio.person("ann")
    await studio.person("bob")
    async with studio.client() as client:
        token = await form_token(client, "/signin")
        first = cookies_of(await studio.sign_in(client, "ann"))["__Host-studiolo"].value
    async with studio.client() as client:
        client.cookies.set("__Host-studiolo", first, domain="studiolo.localhost")
        fields = {"username": "bob", "password": PASSWORD, "form_token": token}
        # A form that this browser was not given is not one of the sign-in page's.
        reply = await client.post("/signin", data=fields, headers={"Origin": ORIGIN})
        assert reply.status_code == 403
        credentials = {"username": "bob", "password": PASSWORD}
        fresh = await client.post("/auth/session", json=credentials, headers={"Origin": ORIGIN})
        assert fresh.status_code == 204
    async with studio.client() as client:
        stale = {"Cookie": f"__Host-studiolo={first}"}
        assert (await client.get("/auth/me", headers=stale)).status_code == 401


async def test_signing_out_ends_the_session_at_the_server(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        value = cookies_of(await studio.sign_in(client, "ann"))["__Host-studiolo"].value
        reply = await client.delete("/auth/session", headers={"Origin": ORIGIN})
        assert reply.status_code == 204
    async with studio.client() as client:
        stale = {"Cookie": f"__Host-studiolo={value}"}
        assert (await client.get("/auth/me", headers=stale)).status_code == 401


async def test_an_unused_session_ends_and_a_used_one_too_in_the_end(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        value = cookies_of(await studio.sign_in(client, "ann"))["__Host-studiolo"].value
        header = {"Cookie": f"__Host-studiolo={value}"}
        used = SESSION_IDLE * 0.9
        for _ in range(int(SESSION_LIFETIME / used)):
            studio.clock.now += used
            assert (await client.get("/auth/me", headers=header)).status_code == 200
        studio.clock.now += used
        assert (await client.get("/auth/me", headers=header)).status_code == 401
    async with studio.client() as client:
        value = cookies_of(await studio.sign_in(client, "ann"))["__Host-studiolo"].value
        studio.clock.now += SESSION_IDLE
        stale = await client.get("/auth/me", headers={"Cookie": f"__Host-studiolo={value}"})
        assert stale.status_code == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://ann-ci.studiolo.localhost:8481"},
        {"Origin": "http://studiolo.localhost:8481"},
        {"Origin": "https://studiolo.localhost"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {},
    ],
)
async def test_a_form_from_another_origin_is_refused(
    studio: Studio, headers: dict[str, str]
) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        token = await form_token(client, "/signin")
        fields = {"username": "ann", "password": PASSWORD, "form_token": token}
        reply = await client.post("/signin", data=fields, headers=headers)
        assert reply.status_code == 403
        assert "__Host-studiolo" not in cookies_of(reply)


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
async def test_a_form_without_its_token_is_refused(studio: Studio, token: str) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await form_token(client, "/signin")
        fields = {"username": "ann", "password": PASSWORD, "form_token": token}
        reply = await client.post("/signin", data=fields, headers={"Origin": ORIGIN})
        assert reply.status_code == 403
        assert "__Host-studiolo" not in cookies_of(reply)


async def test_the_api_takes_a_cookie_to_change_things_only_from_our_own_pages(
    studio: Studio,
) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        body = {"name": "mine"}
        for headers in ({}, {"Origin": "https://ann-ci.studiolo.localhost:8481"}):
            reply = await client.post("/auth/tokens", json=body, headers=headers)
            assert reply.status_code == 403
            assert reply.json()["error"]["code"] == "CrossOriginRequest"
        same = await client.post("/auth/tokens", json=body, headers={"Origin": ORIGIN})
        assert same.status_code == 201


async def test_a_form_from_before_signing_in_cannot_be_forged(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as attacker:
        token = await form_token(attacker, "/signin")
    async with studio.client() as victim:
        await victim.get("/signin")
        reply = await victim.post(
            "/signin",
            data={"username": "ann", "password": PASSWORD, "form_token": token},
            headers={"Origin": ORIGIN},
        )
    assert reply.status_code == 403


@pytest.mark.parametrize("path", ["/signin", "/signin/link?t=x"])
async def test_pages_carry_no_script_and_may_not_be_framed(studio: Studio, path: str) -> None:
    async with studio.client() as client:
        reply = await client.get(path)
    policy = reply.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["referrer-policy"] == "same-origin"
    for inline in ("<script", "style=", "onclick", "http://", "https://"):
        assert inline not in reply.text


async def test_what_people_type_is_escaped(studio: Studio) -> None:
    async with studio.client() as client:
        fields = {"username": '"><script>alert(1)</script>', "password": "x", "next": '/"><b>'}
        reply = await submit(client, "/signin", fields, page="/signin")
    assert "<script>" not in reply.text
    assert '"><b>' not in reply.text


async def test_the_style_sheet_is_served_and_cached_by_its_content(studio: Studio) -> None:
    async with studio.client() as client:
        page = await client.get("/signin")
        href = re.search(r'rel="stylesheet" href="([^"]+)"', page.text)
        assert href is not None
        sheet = await client.get(href[1])
    assert sheet.headers["content-type"].startswith("text/css")
    assert "immutable" in sheet.headers["cache-control"]
    assert "prefers-color-scheme: dark" in sheet.text


async def test_a_token_made_with_the_cookie_is_shown_once_and_can_be_revoked(
    studio: Studio,
) -> None:
    await studio.person("ann")
    ours = {"Origin": ORIGIN}
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        wanted = {"name": "ci", "days": 7}
        made = (await client.post("/auth/tokens", json=wanted, headers=ours)).json()
        assert made["token"].startswith("slpat_")
        assert made["token"] not in (await client.get("/auth/tokens")).text
        bearer = {"Authorization": f"Bearer {made['token']}"}
        assert (await client.get("/auth/me", headers=bearer)).json()["name"] == "ann"
        gone = await client.delete(f"/auth/tokens/{made['id']}", headers=ours)
        assert gone.status_code == 204
        assert (await client.get("/auth/me", headers=bearer)).status_code == 401


@pytest.mark.parametrize("days", [0, -1, 9999, "many", "", "١٢", 1.5])
async def test_a_token_for_no_number_of_days_is_refused(studio: Studio, days: object) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        wanted = {"name": "ci", "days": days}
        reply = await client.post("/auth/tokens", json=wanted, headers={"Origin": ORIGIN})
        assert reply.status_code == 400
        assert (await client.get("/auth/tokens")).json()["value"] == []
