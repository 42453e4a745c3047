"""The OAuth2 endpoint, asked as azure-identity asks it."""

import base64
import json
from typing import Any

import httpx
import pytest
from tests.support.identity import ORIGIN, TENANT, Studio

from studiolo.domain.roles import OWNER

TOKEN = f"/{TENANT}/oauth2/v2.0/token"


async def a_client(studio: Studio, days: int = 365) -> dict[str, Any]:
    owner = await studio.person("olga", OWNER)
    async with studio.client() as client:
        made = await client.post(
            "/auth/servicePrincipals",
            json={"displayName": "nightly", "days": days},
            headers=studio.bearer(owner),
        )
    assert made.status_code == 201
    return dict(made.json())


def form(made: dict[str, Any], **changes: str | None) -> dict[str, str]:
    fields = {
        "client_id": made["appId"],
        "grant_type": "client_credentials",
        "client_info": "1",
        "client_secret": made["clientSecret"],
        "claims": '{"access_token": {"xms_cc": {"values": ["CP1"]}}}',
        "scope": f"{ORIGIN}/.default",
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


async def test_the_configuration_points_to_this_deployment(studio: Studio) -> None:
    async with studio.client() as client:
        found = await client.get(f"/{TENANT}/v2.0/.well-known/openid-configuration")
    body = found.json()
    assert body["token_endpoint"] == ORIGIN + TOKEN
    assert body["issuer"] == f"{ORIGIN}/{TENANT}/v2.0"
    assert body["jwks_uri"] == f"{ORIGIN}/{TENANT}/discovery/v2.0/keys"


async def test_a_foreign_host_header_does_not_move_the_endpoints(studio: Studio) -> None:
    async with studio.client() as client:
        found = await client.get(
            f"/{TENANT}/v2.0/.well-known/openid-configuration", headers={"Host": "evil.example"}
        )
    assert found.json()["token_endpoint"] == ORIGIN + TOKEN


async def test_a_client_secret_gives_a_token_that_opens_the_api(studio: Studio) -> None:
    made = await a_client(studio)
    async with studio.client() as client:
        reply = await client.post(TOKEN, data=form(made))
        assert reply.status_code == 200
        assert reply.headers["cache-control"] == "no-store"
        body = reply.json()
        assert body["token_type"] == "Bearer"
        assert body["expires_in"] == body["ext_expires_in"] == 3600
        bearer = {"Authorization": f"Bearer {body['access_token']}"}
        me = (await client.get("/auth/me", headers=bearer)).json()
    assert (me["kind"], me["id"], me["via"]) == ("ServicePrincipal", made["id"], "access token")


async def test_basic_authentication_serves_too(studio: Studio) -> None:
    made = await a_client(studio)
    basic = httpx.BasicAuth(made["appId"], made["clientSecret"])
    async with studio.client() as client:
        fields = form(made, client_id=None, client_secret=None)
        assert (await client.post(TOKEN, data=fields, auth=basic)).status_code == 200
        twice = await client.post(TOKEN, data=form(made), auth=basic)
    assert twice.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "33333333-3333-3333-3333-333333333333"}, 401, "invalid_client"),
        ({"client_id": "olga"}, 401, "invalid_client"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": None}, 400, "invalid_request"),
        ({"scope": "https://elsewhere.example/.default"}, 400, "invalid_resource"),
        ({"scope": ORIGIN}, 400, "invalid_scope"),
        ({"scope": None}, 400, "invalid_scope"),
    ],
)
async def test_what_is_wrong_gets_an_oauth_error(
    studio: Studio, changes: dict[str, str | None], status: int, error: str
) -> None:
    made = await a_client(studio)
    async with studio.client() as client:
        reply = await client.post(TOKEN, data=form(made, **changes))
    assert (reply.status_code, reply.json()["error"]) == (status, error)
    assert reply.json()["error_description"].startswith("AADSTS")
    assert made["clientSecret"] not in reply.text
    if status == 401:
        assert reply.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", ["oauth2/v2.0/token", "v2.0/.well-known/openid-configuration"])
async def test_another_tenant_is_refused(studio: Studio, path: str) -> None:
    made = await a_client(studio)
    other = "99999999-9999-9999-9999-999999999999"
    async with studio.client() as client:
        method = "POST" if "token" in path else "GET"
        reply = await client.request(method, f"/{other}/{path}", data=form(made))
    assert reply.status_code == 400
    assert "AADSTS90002" in reply.json()["error_description"]


async def test_a_repeated_field_and_a_wrong_content_type_are_refused(studio: Studio) -> None:
    async with studio.client() as client:
        twice = await client.post(
            TOKEN,
            content=b"grant_type=client_credentials&grant_type=x",
            headers={"Content-Type": "application/x-www-form-urlencoded"},
        )
        not_a_form = await client.post(TOKEN, json={"grant_type": "client_credentials"})
    assert twice.json()["error"] == not_a_form.json()["error"] == "invalid_request"


async def test_a_secret_ends(studio: Studio) -> None:
    made = await a_client(studio, days=2)
    async with studio.client() as client:
        studio.clock.forward(days=2)
        assert (await client.post(TOKEN, data=form(made))).status_code == 401


async def test_a_token_ends_after_an_hour_although_it_was_verified_before(studio: Studio) -> None:
    made = await a_client(studio)
    async with studio.client() as client:
        token = (await client.post(TOKEN, data=form(made))).json()["access_token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/auth/me", headers=bearer)).status_code == 200
        studio.clock.forward(minutes=59, seconds=59)
        assert (await client.get("/auth/me", headers=bearer)).status_code == 200
        studio.clock.forward(seconds=1)
        ended = await client.get("/auth/me", headers=bearer)
    assert ended.status_code == 401
    assert ended.headers["www-authenticate"].startswith("Bearer")
    assert ended.json()["error"]["code"] == "InvalidAuthenticationToken"


async def test_a_disabled_client_is_refused_at_once(studio: Studio) -> None:
    made = await a_client(studio)
    async with studio.client() as client:
        token = (await client.post(TOKEN, data=form(made))).json()["access_token"]
        async with studio.services.database.transaction() as tx:
            await tx.principals.set_disabled(made["id"], disabled=True)
        bearer = {"Authorization": f"Bearer {token}"}
        assert (await client.get("/auth/me", headers=bearer)).status_code == 401
        assert (await client.post(TOKEN, data=form(made))).status_code == 401


async def test_forged_tokens_are_refused(studio: Studio) -> None:
    person = await studio.person("ann")
    good = studio.bearer(person)["Authorization"].removeprefix("Bearer ")
    head, claims, signature = good.split(".")

    def encoded(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    forged = [
        f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{claims}.",
        f"{encoded({'alg': 'HS256', 'typ': 'JWT'})}.{claims}.{signature}",
        f"{head}.{encoded({'oid': person.id, 'exp': 9999999999, 'nbf': 0})}.{signature}",
        f"{head}.{claims}.{signature[:-8]}AAAAAAAA",
        f"{head}.{claims}",
        "",
        "a" * 20000,
    ]
    async with studio.client() as client:
        for token in forged:
            reply = await client.get("/auth/me", headers={"Authorization": f"Bearer {token}"})
            assert reply.status_code == 401, token[:80]


async def test_wrong_secrets_from_one_address_are_throttled_and_say_when_to_return(
    studio: Studio,
) -> None:
    made = await a_client(studio)
    async with studio.client(address="192.0.2.9") as client:
        for _ in range(51):
            await client.post(TOKEN, data=form(made, client_secret="wrong"))
        blocked = await client.post(TOKEN, data=form(made))
    assert blocked.status_code == 429
    assert int(blocked.headers["retry-after"]) >= 1
    async with studio.client(address="192.0.2.10") as client:
        assert (await client.post(TOKEN, data=form(made))).status_code == 200


async def test_sign_ins_of_clients_are_in_the_activity_log(studio: Studio) -> None:
    made = await a_client(studio)
    async with studio.client() as client:
        await client.post(TOKEN, data=form(made))
        await client.post(TOKEN, data=form(made, client_secret="wrong"))
    action = "Studiolo.Identity/servicePrincipals/signIn/action"
    lines = [
        (status, who) for operation, status, who in await studio.activity() if operation == action
    ]
    assert lines == [("Succeeded", made["appId"]), ("Failed", made["appId"])]
