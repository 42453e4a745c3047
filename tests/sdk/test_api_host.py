"""The API under `localhost`: the name Azure's clients use where nothing resolves the studio's."""

import ssl

import httpx
import pytest


@pytest.fixture
def over_localhost(fake_deployment):
    context = ssl.create_default_context(cafile=fake_deployment.root_certificate)
    headers = {"Authorization": fake_deployment.client.headers["Authorization"]}
    with httpx.Client(
        base_url=fake_deployment.api_origin, verify=context, headers=headers
    ) as client:
        yield client


VERSION = {"api-version": "2024-10-01"}


def test_links_stay_with_the_name_the_client_knows(fake_deployment, over_localhost):
    origin = fake_deployment.api_origin
    cloud = over_localhost.get("/metadata/endpoints", params={"api-version": "2022-09-01"}).json()
    assert cloud["resourceManager"] == cloud["authentication"]["loginEndpoint"] == origin
    scope = f"/subscriptions/{fake_deployment.subscription}/resourceGroups"
    for name in ("paged-a", "paged-b"):
        over_localhost.put(f"{scope}/{name}", json={"location": "local"}, params=VERSION)
    listed = over_localhost.get(scope, params=VERSION | {"$top": "1"}).json()
    assert listed["nextLink"].startswith(f"{origin}/subscriptions/")
    accepted = over_localhost.delete(f"{scope}/paged-a", params=VERSION)
    assert accepted.headers["location"].startswith(f"{origin}/subscriptions/")


def test_other_names_are_answered_with_the_studios_own_links(fake_deployment):
    reply = fake_deployment.client.get(
        "/metadata/endpoints", params={"api-version": "2022-09-01"}
    ).json()
    assert reply["resourceManager"] == fake_deployment.launched.settings.https_origin


def test_cookies_pass_in_neither_direction(fake_deployment, over_localhost):
    # Cookies ignore ports: one for localhost would reach every other server of this machine.
    del over_localhost.headers["Authorization"]
    studio = fake_deployment.launched.settings.https_origin
    page = fake_deployment.client.get(f"{studio}/signin")
    assert page.status_code < 500
    for path in ("/signin", "/", "/account"):
        reply = over_localhost.get(path, headers={"Cookie": "a=b"})
        assert "set-cookie" not in reply.headers
    refused = over_localhost.get("/subscriptions", params=VERSION, headers={"Cookie": "a=b"})
    assert refused.status_code == 401


def test_plain_http_does_not_serve_it(fake_deployment):
    port = fake_deployment.launched.http_port
    reply = httpx.get(f"http://localhost:{port}/metadata/endpoints", params=VERSION)
    assert reply.status_code == 421
