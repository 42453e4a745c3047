"""Signing in and out, as a person does it."""

import pytest
from playwright.async_api import expect
from tests.browser.conftest import Begin
from tests.support.browser import Visit
from tests.support.deployed import PASSWORD, Deployed, Person

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_first_administrator_signs_in_by_the_printed_link_once(
    deployed: Deployed, begin: Begin
) -> None:
    visit = await begin()
    page = visit.page
    await page.goto(deployed.printed_link)
    await expect(visit.heading("Welcome, Administrator")).to_be_visible()
    await page.get_by_label("New password").fill(PASSWORD)
    await page.get_by_label("The same again").fill(PASSWORD)
    await page.get_by_role("button", name="Set password and sign in").click()
    await visit.inside()
    assert page.url.startswith(deployed.http)

    stranger = await begin()
    answer = await stranger.page.goto(deployed.printed_link)
    assert answer is not None
    assert answer.status == 410
    await expect(stranger.heading("This link does not work any more")).to_be_visible()
    await stranger.page.goto(deployed.http)
    await expect(stranger.heading("Sign in")).to_be_visible()


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_person_signs_in_out_and_in_again(
    deployed: Deployed, ben: Person, visit: Visit, scheme: str
) -> None:
    origin = deployed.http if scheme == "http" else deployed.https
    await visit.home(ben, origin)
    account = visit.page.get_by_role("button", name=f"Account of {ben.display_name}")
    await expect(account).to_be_visible()
    await visit.sign_out()
    assert "__Host-studiolo" not in await visit.cookies(origin)
    # Neither going back nor going on shows anything of theirs.
    await visit.page.go_back()
    await visit.page.goto(origin + "/settings")
    await expect(visit.heading("Sign in")).to_be_visible()
    await visit.home(ben, origin)
    assert visit.page.url.startswith(origin)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_the_session_cookie_is_kept_from_scripts_and_other_hosts(
    deployed: Deployed, ben: Person, visit: Visit, scheme: str
) -> None:
    origin = deployed.http if scheme == "http" else deployed.https
    await visit.home(ben, origin)
    session = (await visit.cookies(origin))["__Host-studiolo"]
    assert session["domain"] == deployed.settings.domain
    assert session["httpOnly"]
    assert session["secure"]
    assert session["sameSite"] == "Lax"
    assert await visit.page.evaluate("document.cookie") == ""
    assert await visit.cookies(visit.host("anything", origin)) == {}


async def test_a_wrong_password_is_told_and_lets_nobody_in(
    deployed: Deployed, ben: Person, visit: Visit
) -> None:
    await visit.sign_in(ben, password="not the password at all")
    problem = visit.page.get_by_role("alert")
    await expect(problem).to_contain_text("password")
    await expect(visit.page.get_by_label("User name")).to_have_value(ben.name)
    await expect(visit.page.get_by_label("Password")).to_have_value("")
    assert "__Host-studiolo" not in await visit.cookies(deployed.http)
    await visit.page.goto(deployed.http)
    await expect(visit.heading("Sign in")).to_be_visible()
