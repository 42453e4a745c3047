"""One-time links, the first administrator, accounts."""

import asyncio
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.support.identity import (
    ORIGIN,
    PASSWORD,
    SCOPE,
    Studio,
    form_token,
    open_studio,
    submit,
)

from studiolo.api.identity.bootstrap import administrator_link, ensure_first_administrator
from studiolo.api.identity.links import new_link, use_link
from studiolo.domain.credentials import LINK_LIFETIME
from studiolo.domain.errors import NotFound
from studiolo.domain.resources import Principal, PrincipalKind
from studiolo.domain.roles import CONTRIBUTOR, OWNER
from studiolo.store.tables.identity import OneTimeRow

NEW = "a brand new password"


async def newcomer(studio: Studio, name: str = "nina") -> Principal:
    """Somebody without a password."""
    person = Principal(f"id-{name}", PrincipalKind.USER, name, name.title())
    async with studio.services.database.transaction() as tx:
        await tx.principals.add(person, created_at=studio.clock())
    return person


async def a_link(studio: Studio, person: Principal) -> str:
    return await new_link(studio.identity, person, by=None, correlation="")


def token_of(link: str) -> str:
    return parse_qs(urlsplit(link).query)["t"][0]


async def follow(studio: Studio, link: str, password: str, again: str | None = None) -> int:
    async with studio.client() as client:
        page = await client.get(link)
        if page.status_code != 200:
            return page.status_code
        fields = {"t": token_of(link), "password": password, "again": again or password}
        reply = await submit(client, "/signin/link", fields, page=link)
        if reply.status_code == 303:
            assert (await client.get("/auth/me")).status_code == 200
        return reply.status_code


async def test_a_link_sets_the_password_signs_in_and_works_once(studio: Studio) -> None:
    person = await newcomer(studio)
    link = await a_link(studio, person)
    assert await follow(studio, link, NEW) == 303
    assert await follow(studio, link, NEW) == 410
    async with studio.client() as client:
        body = {"username": "nina", "password": NEW}
        assert (await client.post("/auth/signin", json=body)).status_code == 201


async def test_looking_at_a_link_does_not_use_it_up(studio: Studio) -> None:
    link = await a_link(studio, await newcomer(studio))
    async with studio.client() as client:
        for _ in range(3):
            assert (await client.get(link)).status_code == 200
    assert await follow(studio, link, NEW) == 303


async def test_a_link_ends_after_a_quarter_of_an_hour(studio: Studio) -> None:
    link = await a_link(studio, await newcomer(studio))
    studio.clock.now += LINK_LIFETIME
    assert await follow(studio, link, NEW) == 410


async def test_a_new_link_makes_the_old_one_worthless(studio: Studio) -> None:
    person = await newcomer(studio)
    old, new = await a_link(studio, person), await a_link(studio, person)
    assert await follow(studio, old, NEW) == 410
    assert await follow(studio, new, NEW) == 303


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "too short"),
        ("x" * 300, "x" * 300, "too long"),
        ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "too easy"),
        (NEW, "something else", "differ"),
        ("", "", "Choose a password"),
    ],
)
async def test_a_bad_password_does_not_burn_the_link(
    studio: Studio, password: str, again: str, says: str
) -> None:
    link = await a_link(studio, await newcomer(studio))
    async with studio.client() as client:
        fields = {"t": token_of(link), "password": password, "again": again}
        reply = await submit(client, "/signin/link", fields, page=link)
    assert reply.status_code == 400
    assert says in reply.text
    assert await follow(studio, link, NEW) == 303


ANOTHERS = ["https://evil.example", "https://ann-ci.studiolo.localhost:8481", "null", None]


@pytest.mark.parametrize("origin", ANOTHERS)
async def test_a_page_of_another_origin_uses_no_link_up(studio: Studio, origin: str | None) -> None:
    """It would sign the browser in as whoever made the page."""
    link = await a_link(studio, await newcomer(studio))
    async with studio.client() as client:
        token = await form_token(client, link)
        fields = {"t": token_of(link), "password": NEW, "again": NEW, "form_token": token}
        headers = {"Origin": origin} if origin else {}
        reply = await client.post("/signin/link", data=fields, headers=headers)
        assert reply.status_code == 403
        assert (await client.get("/auth/me")).status_code == 401
    assert await follow(studio, link, NEW) == 303, "it still works"


async def test_a_link_is_used_up_only_by_the_form_that_this_browser_was_given(
    studio: Studio,
) -> None:
    link = await a_link(studio, await newcomer(studio))
    async with studio.client() as another:
        anothers = await form_token(another, link)
    async with studio.client() as client:
        await client.get(link)
        fields = {"t": token_of(link), "password": NEW, "again": NEW}
        for token in (anothers, "", "0" * 64):
            forged = fields | {"form_token": token}
            reply = await client.post("/signin/link", data=forged, headers={"Origin": ORIGIN})
            assert reply.status_code == 403
    assert await follow(studio, link, NEW) == 303, "it still works"


async def test_one_of_many_who_use_a_link_at_once_gets_in(studio: Studio) -> None:
    person = await newcomer(studio)
    token = token_of(await a_link(studio, person))
    entered = await asyncio.gather(
        *(use_link(studio.identity, token, NEW, correlation="") for _ in range(10))
    )
    assert len([each for each in entered if each is not None]) == 1


async def test_one_gets_in_on_postgresql_too(tmp_path: Path, postgres_url: str) -> None:
    studio = await open_studio(tmp_path, postgres_url)
    try:
        person = await newcomer(studio)
        token = token_of(await a_link(studio, person))
        entered = await asyncio.gather(
            *(use_link(studio.identity, token, NEW, correlation="") for _ in range(10))
        )
        assert len([each for each in entered if each is not None]) == 1
    finally:
        await studio.services.database.close()


async def test_resetting_a_password_ends_the_other_sessions(studio: Studio) -> None:
    person = await studio.person("ann")
    async with studio.client() as elsewhere:
        await studio.sign_in(elsewhere, "ann")
        assert await follow(studio, await a_link(studio, person), NEW) == 303
        assert (await elsewhere.get("/auth/me")).status_code == 401


async def test_a_link_without_a_new_password_keeps_the_old_one(studio: Studio) -> None:
    person = await studio.person("ann")
    assert await follow(studio, await a_link(studio, person), "") == 303
    async with studio.client() as client:
        body = {"username": "ann", "password": PASSWORD}
        assert (await client.post("/auth/signin", json=body)).status_code == 201


async def test_links_are_stored_hashed_and_not_in_the_activity_log(studio: Studio) -> None:
    token = token_of(await a_link(studio, await newcomer(studio)))
    async with studio.services.database.reading() as tx:
        stored = repr((await tx.session.execute(OneTimeRow.__table__.select())).all())
        logged = repr(await tx.activity.page("", None, 100))
    assert token not in stored + logged


async def test_the_first_administrator_is_made_once_and_owns_the_subscription(
    studio: Studio,
) -> None:
    made = [await ensure_first_administrator(studio.identity) for _ in range(3)]
    assert made == [True, True, True]
    async with studio.services.database.reading() as tx:
        people = await tx.principals.of_kind(PrincipalKind.USER)
        held = await tx.roles.held_by(people[0].id)
    assert [person.name for person in people] == ["admin"]
    assert [(each.role_definition, each.scope) for each in held] == [(OWNER.id, SCOPE)]


async def test_replicas_that_start_together_make_one_administrator(
    tmp_path: Path, database_url: str
) -> None:
    studio = await open_studio(tmp_path, database_url)
    try:
        await asyncio.gather(*(ensure_first_administrator(studio.identity) for _ in range(5)))
        async with studio.services.database.reading() as tx:
            people = await tx.principals.of_kind(PrincipalKind.USER)
            owners = await tx.roles.applying_at(SCOPE)
        assert (len(people), len(owners)) == (1, 1)
    finally:
        await studio.services.database.close()


async def test_the_printed_link_leads_the_administrator_in(studio: Studio) -> None:
    await ensure_first_administrator(studio.identity)
    link = await administrator_link(studio.identity)
    assert link.startswith("http://studiolo.localhost:8480/signin/link?t=")
    parts = urlsplit(link)
    assert await follow(studio, f"{parts.path}?{parts.query}", NEW) == 303
    assert not await ensure_first_administrator(studio.identity)
    with pytest.raises(NotFound):
        await administrator_link(studio.identity, "nobody")


async def test_an_administrator_makes_people_and_links(studio: Studio) -> None:
    owner = studio.bearer(await studio.person("olga", OWNER))
    async with studio.client() as client:
        made = await client.post(
            "/auth/users", json={"name": "nina", "displayName": "Nina N."}, headers=owner
        )
        assert made.status_code == 201
        linked = await client.post("/auth/users/nina/link", headers=owner)
        assert linked.status_code == 201
        parts = urlsplit(linked.json()["link"])
        again = await client.post("/auth/users", json={"name": "NINA"}, headers=owner)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "Conflict")
        people = (await client.get("/auth/users", headers=owner)).json()["value"]
    assert [person["name"] for person in people] == ["nina", "olga"]
    assert await follow(studio, f"{parts.path}?{parts.query}", NEW) == 303
    operations = [operation for operation, _, _ in await studio.activity()]
    assert "Studiolo.Identity/users/write" in operations
    assert "Studiolo.Identity/users/link/action" in operations


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/auth/users", {"name": "eve"}),
        ("GET", "/auth/users", None),
        ("POST", "/auth/users/olga/link", None),
        ("PATCH", "/auth/users/olga", {"disabled": True}),
        ("POST", "/auth/servicePrincipals", {"displayName": "x"}),
        ("GET", "/auth/servicePrincipals", None),
    ],
)
async def test_nobody_less_than_an_administrator_manages_accounts(
    studio: Studio, method: str, path: str, body: dict[str, object] | None
) -> None:
    await studio.person("olga", OWNER)
    # A contributor may do nearly everything, and must not become somebody else.
    contributor = studio.bearer(await studio.person("carl", CONTRIBUTOR))
    async with studio.client() as client:
        assert (await client.request(method, path, json=body)).status_code == 401
        reply = await client.request(method, path, json=body, headers=contributor)
    assert reply.status_code == 403
    assert "Microsoft.Authorization/roleAssignments/write" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "name", ["", "-a", "a b", "a/b", "a\nb", "x" * 65, "é", "<b>", ".", "a'b", "$filter"]
)
async def test_a_bad_user_name_is_refused(studio: Studio, name: str) -> None:
    owner = studio.bearer(await studio.person("olga", OWNER))
    async with studio.client() as client:
        reply = await client.post("/auth/users", json={"name": name}, headers=owner)
    assert (reply.status_code, reply.json()["error"]["target"]) == (400, "name")


async def test_disabling_ends_sessions_and_tokens_at_once(studio: Studio) -> None:
    owner = await studio.person("olga", OWNER)
    await studio.person("ann")
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        body = {"username": "ann", "password": PASSWORD}
        token = (await client.post("/auth/signin", json=body)).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        async with studio.client() as other:
            change = {"disabled": True}
            done = await other.patch("/auth/users/ann", json=change, headers=studio.bearer(owner))
            assert done.json()["disabled"] is True
            me = await other.patch("/auth/users/olga", json=change, headers=studio.bearer(owner))
            assert me.status_code == 409
        assert (await client.get("/auth/me")).status_code == 401
        assert (await client.get("/auth/me", headers=bearer)).status_code == 401
        assert (await client.post("/auth/signin", json=body)).status_code == 401


async def test_a_link_page_has_no_secret_but_its_own(studio: Studio) -> None:
    link = await a_link(studio, await newcomer(studio))
    async with studio.client() as client:
        page = await client.get(link)
        assert re.search(r'name="t" value="' + token_of(link), page.text)
        assert page.headers["referrer-policy"] == "same-origin"
        assert await form_token(client, link)
