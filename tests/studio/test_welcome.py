"""The welcome: from the first visit to a running instance in three clicks, and what can hinder."""

import asyncio
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Locator, expect
from tests.studio.conftest import Begin
from tests.support.broken import REASON, broken_workspace
from tests.support.deployed import GROUP, LOCATION, PASSWORD, SIZE, WORKSPACE, Person
from tests.support.studio import StudioDeployed, StudioVisit, built_studio

from studiolo.client.studiolo import Studiolo
from studiolo.domain.alias import user_alias
from studiolo.domain.roles import OWNER, READER, RoleDefinition

pytestmark = pytest.mark.asyncio(loop_scope="session")

_AUTHORIZATION = "providers/Microsoft.Authorization"
NARROW = {"width": 390, "height": 844}


def newcomer(deployed: StudioDeployed, *roles: tuple[RoleDefinition, str]) -> Person:
    """Somebody with no instance, and with these roles at these scopes only."""
    administrator = deployed.administrator()
    name = f"newcomer-{uuid4().hex[:6]}"
    body = {"name": name, "displayName": "Noa Neumann", "password": PASSWORD}
    made = administrator.http.json("POST", "/auth/users", body=body)
    for role, scope in roles:
        definition = f"{administrator.base}/{_AUTHORIZATION}/roleDefinitions/{role.id}"
        administrator.http.json(
            "PUT",
            f"{scope}/{_AUTHORIZATION}/roleAssignments/{uuid4()}",
            version="2022-04-01",
            body={"properties": {"roleDefinitionId": definition, "principalId": made["id"]}},
        )
    sign_in = {"username": name, "password": PASSWORD}
    token = deployed.client().json("POST", "/auth/signin", body=sign_in)["token"]
    studiolo = Studiolo(deployed.client(token), administrator.subscription)
    return Person(name, "Noa Neumann", studiolo)


@pytest.fixture
def noa(deployed: StudioDeployed) -> Iterator[Person]:
    """An owner of the workspace `main`, new to it; her instance goes afterwards."""
    main = deployed.administrator().workspace_path(GROUP, WORKSPACE)
    noa = newcomer(deployed, (OWNER, main))
    yield noa
    for compute in list(noa.computes.all()):
        if compute["name"].startswith(user_alias(noa.name)[:18]):
            noa.computes.delete(compute["name"])


def button(visit: StudioVisit, name: str) -> Locator:
    return visit.page.get_by_role("button", name=name, exact=True)


async def test_two_clicks_lead_from_the_first_visit_to_jupyterlab(
    noa: Person, visit: StudioVisit
) -> None:
    await visit.enter(noa)
    await visit.page.wait_for_url("**/welcome")
    await visit.heading_is("Welcome, Noa Neumann")
    name = f"{noa.name}-1"
    await expect(visit.page.get_by_label("Name of your instance")).to_have_value(name)
    await visit.is_accessible()
    await visit.picture("welcome")
    await visit.page.get_by_label("Size").select_option(SIZE)
    await button(visit, "Create my instance").click()
    await expect(visit.page.get_by_text(f"{name} is on its way")).to_be_visible()
    await expect(visit.page.get_by_text(re.compile(r"^\d+ seconds?$"))).to_be_visible()
    await visit.is_accessible()
    await visit.picture("welcome-on-its-way")
    await expect(visit.page.get_by_text(f"{name} is ready")).to_be_visible()
    assert noa.state(name) == "Running"
    await visit.is_accessible()
    await visit.picture("welcome-ready")
    async with visit.context.expect_page() as opened:
        await visit.page.get_by_role("link", name="Open Jupyter Lab").click()
    await expect((await opened.value).locator("#jp-main-dock-panel")).to_be_visible()
    # From now on there is no welcome, but the workspace.
    await visit.show("/")
    await visit.page.wait_for_url(f"**/workspaces/{GROUP}/{WORKSPACE}/compute")


async def test_a_name_that_is_taken_cannot_be_sent(
    deployed: StudioDeployed, ana: Person, noa: Person, visit: StudioVisit
) -> None:
    taken = await asyncio.to_thread(ana.create, "taken", wait=False)
    await visit.enter(noa, "/welcome")
    field = visit.page.get_by_label("Name of your instance")
    await field.fill(taken)
    await expect(visit.page.get_by_text(f"The name '{taken}' is taken")).to_be_visible()
    await expect(button(visit, "Create my instance")).to_be_disabled()
    await visit.is_accessible()
    await field.fill(f"{taken}-x"[:24])
    await expect(button(visit, "Create my instance")).to_be_enabled()
    await asyncio.to_thread(ana.computes.delete, taken)


async def test_who_sees_no_workspace_is_told_whom_to_ask_and_goes_on_when_given_a_role(
    deployed: StudioDeployed, visit: StudioVisit
) -> None:
    person = newcomer(deployed)
    await visit.enter(person)
    await expect(visit.page.get_by_text("You need a role first")).to_be_visible()
    await expect(visit.page.get_by_text(f"your user name is {person.name}")).to_be_visible()
    await expect(button(visit, "Create my instance")).to_have_count(0)
    await visit.is_accessible()
    await visit.picture("welcome-ask")
    main = deployed.administrator().workspace_path(GROUP, WORKSPACE)
    deployed.allow(person.api.http.json("GET", "/auth/me")["id"], main)
    await button(visit, "Check again").click()
    await expect(button(visit, "Create my instance")).to_be_enabled()
    visit.expected("403")  # Who has which role in the subscription was asked, and not told.


async def test_who_may_only_look_is_told_so(deployed: StudioDeployed, visit: StudioVisit) -> None:
    main = deployed.administrator().workspace_path(GROUP, WORKSPACE)
    person = newcomer(deployed, (READER, main))
    await visit.enter(person, "/welcome")
    await expect(visit.page.get_by_text(f"Your role in {WORKSPACE} lets you look")).to_be_visible()
    await visit.is_accessible()
    await visit.page.get_by_role("link", name="Look around").click()
    await visit.heading_is("Compute")


async def test_an_instance_that_does_not_start_says_why_and_another_can_be_made(
    deployed: StudioDeployed, visit: StudioVisit
) -> None:
    with broken_workspace(deployed) as workspace:
        scope = deployed.administrator().workspace_path(GROUP, workspace)
        person = newcomer(deployed, (OWNER, scope))
        await visit.enter(person)
        await button(visit, "Create my instance").click()
        await expect(visit.page.get_by_text("did not start")).to_be_visible()
        await expect(visit.page.get_by_text(REASON)).to_be_visible()
        await visit.is_accessible()
        await visit.picture("welcome-failed")
        await button(visit, "Make another one").click()
        name = visit.page.get_by_label("Name of your instance")
        await expect(name).to_have_value(f"{person.name}-2")
        await expect(button(visit, "Create my instance")).to_be_enabled()
        await visit.page.goto("about:blank")  # The workspace goes: nothing may ask about it then.


@pytest.mark.parametrize(("locale", "title"), [("en-GB", "Welcome, "), ("ko-KR", "환영합니다")])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_fits_a_telephone_in_both_languages(
    deployed: StudioDeployed, noa: Person, begin: Begin, locale: str, title: str, scheme: str
) -> None:
    visit = await begin(locale=locale, viewport=NARROW, color_scheme=scheme)
    await visit.page.goto(f"{deployed.http}/signin?next=/welcome")
    await visit.page.locator("input[name=username]").fill(noa.name)
    await visit.page.locator("input[type=password]").fill(PASSWORD)
    await visit.page.keyboard.press("Enter")
    await expect(visit.page.get_by_role("heading", level=1)).to_contain_text(title)
    await expect(visit.page.get_by_role("textbox")).not_to_have_value("")
    await visit.fits()
    size = await visit.page.get_by_role("combobox").bounding_box()
    assert size
    assert size["x"] + size["width"] < NARROW["width"]
    await visit.is_accessible()
    await visit.picture(f"welcome-390-{locale}-{scheme}")


@pytest.fixture
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioDeployed]:
    """A deployment without a workspace."""
    built_studio()
    deployed = StudioDeployed(tmp_path_factory.mktemp("e") / "h", engine="fake")
    try:
        deployed.up()
        deployed.administrator().delete_workspace(GROUP, WORKSPACE)
        yield deployed
    finally:
        deployed.cleanup()


async def test_where_there_is_no_workspace_it_is_made_with_the_instance(
    empty: StudioDeployed, browser: Browser
) -> None:
    person = newcomer(empty, (OWNER, empty.administrator().base))
    visit = await StudioVisit.begin(empty, browser)
    await visit.enter(person)
    await visit.page.wait_for_url("**/welcome")
    await button(visit, "Details").click()
    await visit.page.get_by_label("Name of the workspace").fill("research")
    await visit.page.get_by_label("Resource group").fill("science")
    await visit.page.get_by_label("Region").select_option(LOCATION)
    await visit.is_accessible()
    await visit.picture("welcome-workspace")
    await button(visit, "Create my instance").click()
    await expect(visit.page.get_by_text("is ready")).to_be_visible()
    assert empty.administrator().workspace("science", "research")["location"] == LOCATION
    (made,) = person.api.computes("science", "research").all()
    assert made["name"] == f"{person.name}-1"
    await visit.end()
    visit.expected("404")  # whether the group is there was asked
    assert visit.complaints == []
