"""Personal access tokens, by the command line's routes."""

import json
import logging

import pytest
from argon2 import PasswordHasher
from tests.support.identity import PASSWORD, Studio

from studiolo.api.identity.personal_tokens import MAX_TOKENS, NewToken, create_token
from studiolo.domain.resources import PrincipalKind
from studiolo.domain.roles import OWNER
from studiolo.identity.passwords import Passwords, check_rules, owasp_hasher
from studiolo.identity.signing import AccessTokens, new_signing_keys
from studiolo.identity.tokens import digest, new_token
from studiolo.store.tables.identity import AccessTokenRow, ClientSecretRow

SIGN_IN = {"username": "ann", "password": PASSWORD}


async def signed_in(studio: Studio) -> tuple[str, dict[str, str]]:
    """(token id, headers)."""
    async with studio.client() as client:
        made = (await client.post("/auth/signin", json=SIGN_IN)).json()
    return made["id"], {"Authorization": f"Bearer {made['token']}"}


async def test_signing_in_gives_a_token_for_a_month(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        reply = await client.post("/auth/signin", json=SIGN_IN | {"tokenName": "laptop"})
        made = reply.json()
        assert reply.headers["cache-control"] == "no-store"
        assert made["token"].startswith("slpat_")
        assert made["expiresAt"].startswith("2026-07-01T12:00")
        bearer = {"Authorization": f"bearer {made['token']}"}
        me = (await client.get("/auth/me", headers=bearer)).json()
        assert (me["name"], me["via"]) == ("ann", "personal access token")
        assert me["subscriptionId"]
        assert me["alias"] == "ann"
        (listed,) = (await client.get("/auth/tokens", headers=bearer)).json()["value"]
        assert listed["name"] == "laptop"
        assert "token" not in listed
        studio.clock.forward(days=30)
        assert (await client.get("/auth/me", headers=bearer)).status_code == 401


async def test_only_the_hash_is_stored(studio: Studio) -> None:
    owner = await studio.person("ann", OWNER)
    _, bearer = await signed_in(studio)
    secret = bearer["Authorization"].removeprefix("Bearer ")
    async with studio.client() as client:
        body = {"displayName": "bot"}
        made = await client.post("/auth/servicePrincipals", json=body, headers=studio.bearer(owner))
    async with studio.services.database.reading() as tx:
        tokens = repr((await tx.session.execute(AccessTokenRow.__table__.select())).all())
        secrets = repr((await tx.session.execute(ClientSecretRow.__table__.select())).all())
        log = repr(await tx.activity.page("", None, 100))
    assert digest(secret) in tokens
    assert "$argon2id$" in secrets
    for text in (tokens, secrets, log):
        assert secret not in text
        assert made.json()["clientSecret"] not in text


async def test_secrets_are_in_no_log_and_no_repr(
    studio: Studio, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "studiolo")
    ann = await studio.person("ann")
    _, bearer = await signed_in(studio)
    async with studio.client() as client:
        await client.get("/auth/me", headers=bearer)
        await client.post("/auth/tokens", json={"name": "x"}, headers=bearer)
    made = await create_token(studio.identity, ann, "x", days=1, correlation="")
    keys = new_signing_keys()
    private = json.loads(keys)["keys"][0]["d"]
    signer = AccessTokens(
        keys=keys, tenant="t", issuer="i", audiences=frozenset({"a"}), clock=studio.clock
    )
    written = caplog.text + "".join(capsys.readouterr())
    written += repr([made, NewToken(made.token, made.secret), studio.identity, signer])
    for secret in (bearer["Authorization"][7:], made.secret, PASSWORD, private):
        assert secret not in written
    assert private not in json.dumps(signer.public_keys())


async def test_a_token_is_revoked_by_its_owner_only(studio: Studio) -> None:
    await studio.person("ann")
    bob = await studio.person("bob")
    token_id, bearer = await signed_in(studio)
    async with studio.client() as client:
        path = f"/auth/tokens/{token_id}"
        assert (await client.delete(path, headers=studio.bearer(bob))).status_code == 404
        assert (await client.delete(path, headers=bearer)).status_code == 204
        assert (await client.get("/auth/me", headers=bearer)).status_code == 401


async def test_a_token_does_not_outlive_the_one_that_made_it(studio: Studio) -> None:
    ann = await studio.person("ann")
    short = await create_token(studio.identity, ann, "short", days=1, correlation="")
    bearer = {"Authorization": f"Bearer {short.secret}"}
    async with studio.client() as client:
        reply = await client.post("/auth/tokens", json={"name": "x", "days": 300}, headers=bearer)
        assert reply.json()["expiresAt"].startswith("2026-06-02T12:00")
        direct = await client.post(
            "/auth/tokens", json={"name": "x", "days": 300}, headers=studio.bearer(ann)
        )
        assert direct.json()["expiresAt"].startswith("2027-03-28")


async def test_a_service_principal_has_no_personal_tokens(studio: Studio) -> None:
    bot = await studio.person("bot", kind=PrincipalKind.SERVICE_PRINCIPAL)
    async with studio.client() as client:
        reply = await client.post("/auth/tokens", json={"name": "x"}, headers=studio.bearer(bot))
        page = await client.post("/auth/signin", json=SIGN_IN | {"username": "bot"})
    assert reply.status_code == 409
    assert page.status_code == 401


async def test_a_person_has_a_bounded_number_of_tokens(studio: Studio) -> None:
    ann = await studio.person("ann")
    for each in range(MAX_TOKENS):
        await create_token(studio.identity, ann, f"t{each}", days=1, correlation="")
    async with studio.client() as client:
        reply = await client.post("/auth/tokens", json={"name": "x"}, headers=studio.bearer(ann))
        assert reply.status_code == 409
        studio.clock.forward(days=1)
        assert (await client.post("/auth/signin", json=SIGN_IN)).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "x" * 81},
        {"name": "a\x07b"},
        {"name": "x", "days": 0},
        {"name": "x", "days": 367},
        {"name": "x", "days": "soon"},
        {"name": "x", "surprise": 1},
        {},
    ],
)
async def test_a_bad_token_request_is_refused(studio: Studio, body: dict[str, object]) -> None:
    ann = await studio.person("ann")
    async with studio.client() as client:
        reply = await client.post("/auth/tokens", json=body, headers=studio.bearer(ann))
        assert reply.status_code == 400
        listed = await client.get("/auth/tokens", headers=studio.bearer(ann))
        assert listed.json()["value"] == []


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer slpat_", "slpat_x", "Bearer a b"]
)
async def test_anything_but_a_valid_bearer_token_is_refused(studio: Studio, header: str) -> None:
    async with studio.client() as client:
        reply = await client.get("/auth/me", headers={"Authorization": header})
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")


async def test_a_bad_bearer_token_is_not_forgiven_for_a_good_cookie(studio: Studio) -> None:
    await studio.person("ann")
    async with studio.client() as client:
        await studio.sign_in(client, "ann")
        bad = {"Authorization": "Bearer slpat_wrong"}
        assert (await client.get("/auth/me", headers=bad)).status_code == 401


async def test_an_old_hash_is_renewed_at_sign_in(studio: Studio) -> None:
    ann = await studio.person("ann")
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    async with studio.services.database.transaction() as tx:
        await tx.principals.set_password_hash(ann.id, old)
    await signed_in(studio)
    async with studio.services.database.reading() as tx:
        renewed = await tx.principals.password_hash(ann.id)
    assert renewed != old
    await signed_in(studio)


async def test_passwords_are_hashed_as_owasp_recommends() -> None:
    hasher = owasp_hasher()
    assert (hasher.memory_cost, hasher.time_cost, hasher.parallelism) == (19456, 2, 1)
    passwords = Passwords()
    stored = await passwords.hash(PASSWORD)
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify(stored, PASSWORD)
    assert not await passwords.verify(stored, PASSWORD + "x")
    assert not await passwords.verify(None, PASSWORD)
    assert not await passwords.verify("not a hash", PASSWORD)


def test_a_password_is_not_ones_name() -> None:
    from studiolo.domain.errors import InvalidInput

    with pytest.raises(InvalidInput):
        check_rules("Nina.Nilsson", "nina.nilsson")
    check_rules("nina likes long walks", "nina")


def test_tokens_do_not_repeat() -> None:
    assert len({new_token() for _ in range(1000)}) == 1000
