"""Service principals as administrators see them."""

import json
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.support.identity import Studio

from studiolo.domain.roles import OWNER

PATH = "/auth/servicePrincipals"


async def make(client: httpx.AsyncClient, owner: dict[str, str], name: str) -> dict[str, Any]:
    made = await client.post(PATH, json={"displayName": name}, headers=owner)
    assert made.status_code == 201
    return dict(made.json())


async def test_service_principals_are_listed_without_secrets_and_without_people(
    studio: Studio,
) -> None:
    owner = studio.bearer(await studio.person("olga", OWNER))
    async with studio.client() as client:
        assert (await client.get(PATH, headers=owner)).json() == {"value": []}
        made = [await make(client, owner, name) for name in ("nightly", "weekly")]
        off = {"disabled": True}
        await client.patch(f"/auth/users/{made[0]['appId']}", json=off, headers=owner)
        reply = await client.get(PATH, headers=owner)
    known = ("id", "kind", "name", "displayName", "appId")
    assert sorted(reply.json()["value"], key=lambda each: str(each["displayName"])) == [
        {name: each[name] for name in known} | {"disabled": each is made[0]} for each in made
    ]
    for each in made:
        assert each["clientSecret"] not in reply.text
        assert each["secretId"] not in reply.text


async def test_pages_hold_every_service_principal_once(studio: Studio) -> None:
    owner = studio.bearer(await studio.person("olga", OWNER))
    seen: list[str] = []
    async with studio.client() as client:
        made = [await make(client, owner, f"bot {number}") for number in range(7)]
        link = f"{PATH}?$top=3"
        sizes = []
        while link:
            page = (await client.get(link, headers=owner)).json()
            sizes.append(len(page["value"]))
            seen += [each["appId"] for each in page["value"]]
            parts = urlsplit(page.get("nextLink", ""))
            link = f"{parts.path}?{parts.query}" if parts.path else ""
    assert sizes == [3, 3, 1]
    assert seen == sorted(each["appId"] for each in made)


@pytest.mark.parametrize("query", ["$top=0", "$top=x", "$top=1001", "$skipToken=made-up"])
async def test_a_page_that_cannot_be_is_refused(studio: Studio, query: str) -> None:
    owner = studio.bearer(await studio.person("olga", OWNER))
    async with studio.client() as client:
        reply = await client.get(f"{PATH}?{query}", headers=owner)
    assert (reply.status_code, json.loads(reply.text)["error"]["target"]) == (
        400,
        f"${query[1:].partition('=')[0]}",
    )
