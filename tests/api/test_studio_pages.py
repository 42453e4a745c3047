"""The addresses of the studio: who gets it, with which headers, and what they leave alone."""

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote_plus

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path
from tests.support.identity import ORIGIN, PASSWORD, Studio, open_studio, submit
from tests.support.studio import built_studio

from studiolo.api import studio as studio_api
from studiolo.api.studio import assets, pages
from studiolo.main import ROUTERS

ROUTES = Path(__file__).parents[2] / "studio" / "src" / "app" / "routes.tsx"
"""Where the studio itself says which pages it has."""

PAGE = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
WORKSPACE = "/workspaces/rg1/ws1"
ADDRESSES = [
    "/",
    "/welcome",
    "/settings",
    "/workspaces",
    WORKSPACE,
    f"{WORKSPACE}/compute",
    f"{WORKSPACE}/compute/new",
    f"{WORKSPACE}/compute/ci1?tab=logs",
    f"{WORKSPACE}/notebooks/Users/ann/My%20notes%20(1).ipynb?at=10",
    f"{WORKSPACE}/notebooks/Users/ann/%EB%85%B8%ED%8A%B8%23%3F.ipynb",
    f"{WORKSPACE}/terminal/ci1",
    f"{WORKSPACE}/quota",
    f"{WORKSPACE}/access",
    f"{WORKSPACE}/activity",
]
OURS = re.compile(r'(?:src|href)="/assets/([^"]+)"')


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    """Fails, and says why, where the studio cannot be built."""
    built_studio()


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    """Everything that the control plane answers, in its order."""
    studio = await open_studio(tmp_path, routers=ROUTERS)
    await studio.person("ann")
    yield studio
    await studio.services.database.close()


async def get(studio: Studio, address: str, signed_in: bool = True) -> httpx.Response:
    async with studio.client() as client:
        if signed_in:
            assert (await studio.sign_in(client, "ann")).status_code == 303
        return await client.get(address, headers=PAGE)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_signed_in_person_gets_the_studio_at_each_of_its_addresses(
    studio: Studio, address: str
) -> None:
    reply = await get(studio, address)
    assert (reply.status_code, reply.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert reply.content == assets.index()
    assert '<div id="root">' in reply.text


@pytest.mark.parametrize("address", ADDRESSES)
async def test_anybody_else_is_sent_to_sign_in_and_back(studio: Studio, address: str) -> None:
    reply = await get(studio, address, signed_in=False)
    assert reply.status_code == 303
    assert reply.headers["location"] == f"/signin?next={quote_plus(address)}"
    assert reply.headers["cache-control"] == "no-store"
    async with studio.client() as client:
        fields = {"username": "ann", "password": PASSWORD, "next": address}
        back = await submit(client, "/signin", fields, page=reply.headers["location"])
    assert back.headers["location"] == address


async def test_an_access_token_is_no_way_into_a_page(studio: Studio) -> None:
    """A page is for a browser, whose requests a session covers; nothing else sends one to it."""
    olga = await studio.person("olga")
    async with studio.client() as client:
        reply = await client.get("/", headers=PAGE | studio.bearer(olga))
    assert reply.status_code == 303


def pages_of_the_studio() -> set[str]:
    """Addresses in the studio's own list of routes, with names in the places of parameters."""
    found = re.findall(r'path: "(/[^"]*)"', ROUTES.read_text())
    return {re.sub(r":\w+", "name", each) for each in found}


def served(address: str) -> bool:
    """Whether the control plane answers an address with the studio."""
    return any(compile_path(page)[0].match(address) for page in paths_of(studio_api.pages.router))


def paths_of(*routers: object) -> set[str]:
    return {
        str(each.path)
        for router in routers
        for each in iter_route_contexts(router.routes)  # type: ignore[attr-defined]
    }


def test_every_page_that_the_studio_has_is_served() -> None:
    ours = pages_of_the_studio()
    assert {"/", "/welcome", "/settings", "/workspaces/name/name"} <= ours
    assert {each for each in ours if not served(each)} == set()


def test_no_address_of_the_studio_hides_one_of_the_api() -> None:
    others = paths_of(*(each for each in ROUTERS if each is not pages.router))
    assert len(others) > 50
    filled = {path: re.sub(r"\{[^}]*\}", "name", path) for path in others}
    assert {path for path, address in filled.items() if served(address)} == set()


@pytest.mark.parametrize(
    "address", ["/nothing", "/welcome/there", "/settings/x", "/Workspaces", "/index.html"]
)
async def test_an_address_that_is_no_page_still_says_so(studio: Studio, address: str) -> None:
    reply = await get(studio, address)
    assert (reply.status_code, reply.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing here" in reply.text


async def test_a_page_is_not_remembered_framed_or_taken_for_something_else(
    studio: Studio,
) -> None:
    headers = (await get(studio, f"{WORKSPACE}/compute")).headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def policy_of(reply: httpx.Response) -> dict[str, list[str]]:
    """The content security policy, by directive."""
    said = reply.headers["content-security-policy"].split(";")
    return {name: values for name, *values in map(str.split, said)}


async def test_the_policy_lets_scripts_come_from_our_own_files_only(studio: Studio) -> None:
    policy = policy_of(await get(studio, "/"))
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["frame-ancestors"] == ["'none'"]
    assert policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'"]
    assert "object-src" not in policy, "the default covers it"
    unsafe = {name for name, values in policy.items() if any("unsafe" in v for v in values)}
    assert unsafe == {"style-src"}


async def test_the_policy_lets_in_instances_and_no_other_site(studio: Studio) -> None:
    policy = policy_of(await get(studio, "/"))
    assert policy["frame-src"] == ["'self'", "https://*.studiolo.localhost:8481"]
    assert policy["connect-src"] == ["'self'", "wss://*.studiolo.localhost:8481"]


async def test_the_page_has_no_script_but_in_files_of_ours(studio: Studio) -> None:
    html = (await get(studio, "/")).text
    scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", html, re.DOTALL)
    assert scripts
    for attributes, code in scripts:
        assert 'src="/assets/' in attributes
        assert code.strip() == ""
    assert "<style" not in html
    assert not re.search(r"\s(on\w+|style)=|javascript:", html)
    assert not re.search(r"(src|href)=\"(?!/)", html), "nothing comes from another site"


async def test_every_file_that_the_page_loads_is_there_for_good(studio: Studio) -> None:
    names = OURS.findall((await get(studio, "/")).text)
    assert names
    async with studio.client() as client:
        for name in names:
            reply = await client.get(f"/assets/{name}")
            assert reply.status_code == 200, name
            assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert reply.headers["x-content-type-options"] == "nosniff"
            kind = "text/css" if name.endswith(".css") else "text/javascript"
            assert reply.headers["content-type"].partition(";")[0] == kind, name


async def test_files_are_smaller_for_whoever_takes_gzip(studio: Studio) -> None:
    (name, *_) = OURS.findall((await get(studio, "/")).text)
    found = assets.asset(name)
    assert found is not None
    async with studio.client() as client:
        url = f"{ORIGIN}/assets/{name}"
        async with client.stream("GET", url, headers={"Accept-Encoding": "gzip"}) as reply:
            raw = b"".join([chunk async for chunk in reply.aiter_raw()])
        plain = await client.get(url, headers={"Accept-Encoding": "identity"})
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert "content-encoding" not in plain.headers
    assert len(raw) < len(plain.content)
    assert gzip.decompress(raw) == plain.content == found.plain


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("gone-12345678.js", 404),
        ("index.html", 404),
        (".digest", 404),
        ("", 404),
        ("%2e%2e", 400),
        ("%2e%2e/index.html", 400),
        ("..%2findex.html", 400),
        ("..%5cindex.html", 400),
        ("%2fetc%2fpasswd", 400),
        ("x%00.js", 400),
        ("a/b.js", 404),
    ],
)
async def test_a_file_that_the_studio_has_not_is_not_found(
    studio: Studio, name: str, status: int
) -> None:
    reply = await get(studio, f"/assets/{name}", signed_in=False)
    assert reply.status_code == status
    assert "immutable" not in reply.headers.get("cache-control", "")


def test_a_name_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "assets" / "deeper").mkdir(parents=True)
    (tmp_path / "assets" / "app.js").write_text("ours")
    (tmp_path / "secret").write_text("not for the world")
    found = assets.asset("app.js", tmp_path)
    assert found is not None
    assert found.plain == b"ours"
    for name in ("../secret", "../assets/app.js", "./app.js", f"{tmp_path}/secret", "deeper", ""):
        assert assets.asset(name, tmp_path) is None, name


def test_what_is_compressed_already_is_not_compressed_again(tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "font.woff2").write_bytes(b"0" * 1000)
    found = assets.asset("font.woff2", tmp_path)
    assert found is not None
    assert (found.gzipped, found.media_type) == (None, "font/woff2")


async def test_where_the_studio_is_not_built_a_sentence_says_what_to_do(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = assets.index
    monkeypatch.setattr(assets, "index", lambda: index(tmp_path / "nothing"))
    reply = await get(studio, "/")
    assert reply.status_code == 503
    assert "The studio is not built" in reply.text
    assert "&#39;./dev up&#39;" in reply.text
    assert reply.headers["cache-control"] == "no-store"
    for directive in ("default-src 'none'", "frame-ancestors 'none'"):
        assert directive in reply.headers["content-security-policy"]
