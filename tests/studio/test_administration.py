"""Quota, access, people, the log of what was done, settings and workspaces."""

import csv
import io
import re
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect
from tests.studio.conftest import Begin
from tests.support.deployed import GROUP, PASSWORD, WORKSPACE, Person
from tests.support.lab import Lab
from tests.support.studio import LAB, StudioDeployed, StudioVisit

from studiolo.client.errors import ApiError, NotFoundError
from studiolo.domain.access import RoleDefinition
from studiolo.domain.roles import OWNER, READER

pytestmark = pytest.mark.asyncio(loop_scope="session")

_AUTHORIZATION = "providers/Microsoft.Authorization"
NO_RIGHT = re.compile("does not have authorization to perform action")


def give(deployed: StudioDeployed, person: Person, role: RoleDefinition, scope: str) -> None:
    """Let somebody have a role at a scope and below."""
    administrator = deployed.administrator()
    definition = f"{administrator.base}/{_AUTHORIZATION}/roleDefinitions/{role.id}"
    administrator.http.json(
        "PUT",
        f"{scope}/{_AUTHORIZATION}/roleAssignments/{uuid4()}",
        version="2022-04-01",
        body={"properties": {"roleDefinitionId": definition, "principalId": identity(person)}},
    )


@pytest.fixture(scope="session")
def boss(deployed: StudioDeployed) -> Person:
    """An Owner of the subscription, beside the first administrator."""
    boss = deployed.person("boss", "Bo Berg")
    give(deployed, boss, OWNER, deployed.administrator().base)
    return boss


def identity(person: Person) -> str:
    """A person's object id."""
    return str(person.api.http.json("GET", "/auth/me")["id"])


@pytest.fixture
def guest(deployed: StudioDeployed) -> Person:
    """Somebody of the test's own."""
    return deployed.person(f"guest-{uuid4().hex[:6]}", "Gus Guest")


@pytest.fixture
def lab(deployed: StudioDeployed, ana: Person) -> Iterator[Lab]:
    """A workspace of the test's own, in which Ana works."""
    lab = Lab.begin(deployed, ana)
    yield lab
    lab.end()


def dialog(visit: StudioVisit) -> Locator:
    """What is asked at the moment."""
    return visit.page.get_by_role("dialog").or_(visit.page.get_by_role("alertdialog"))


def line(visit: StudioVisit, table: str, text: str | re.Pattern[str]) -> Locator:
    """A row of a table."""
    found = visit.page.get_by_role("table", name=table).get_by_role("row")
    return found.filter(has_text=text)


async def is_answered(visit: StudioVisit, table: str) -> None:
    """Wait until no dialog is over a table: while one is, the table is hidden to who looks."""
    await expect(dialog(visit)).to_have_count(0)
    await expect(visit.page.get_by_role("table", name=table)).to_be_visible()


# Quota


async def test_quota_shows_what_is_in_use_and_who_holds_it(
    boss: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("holder")
    await visit.enter(boss, f"{lab.pages}/quota")
    family = visit.page.get_by_role("button", name=re.compile("standardDSv2Family"))
    await expect(family).to_contain_text(re.compile(r"\d+ of 10000 vCPUs"))
    await family.click()
    holder = visit.page.get_by_role("listitem").filter(has_text="holder")
    mine = holder.filter(has_text=lab.name)
    for told in ("ana.lopez@example.org", "Standard_DS2_v2", "2 vCPUs", "Running"):
        await expect(mine).to_contain_text(told)
    await visit.is_accessible()
    await mine.get_by_role("link", name="holder").click()
    await visit.heading_is("holder")


async def change_limit(visit: StudioVisit, family: str, limit: str) -> None:
    """Open a family and type another limit."""
    await visit.page.get_by_label("Show families not in use").check()
    await visit.page.get_by_role("button", name=re.compile(f"^{family}")).click()
    await visit.page.get_by_role("button", name=f"Change the limit of {family}").click()
    await visit.page.get_by_label(f"Limit of {family} in vCPUs").fill(limit)
    await visit.page.get_by_role("button", name="Save").click()


async def test_an_owner_changes_a_limit(
    deployed: StudioDeployed, boss: Person, lab: Lab, visit: StudioVisit
) -> None:
    usages = {each["name"]["value"] for each in deployed.administrator().usages(LAB)}
    family = next(name for name in sorted(usages) if "NC" in name)
    await visit.enter(boss, f"{lab.pages}/quota")
    await change_limit(visit, family, "77")
    shown = visit.page.get_by_role("button", name=re.compile(f"^{family}"))
    await expect(shown).to_contain_text("of 77 vCPUs")
    saved = {each["name"]["value"]: each["limit"] for each in deployed.administrator().usages(LAB)}
    assert saved[family] == 77


async def test_a_limit_is_not_changed_by_who_may_only_read_it(
    deployed: StudioDeployed, guest: Person, lab: Lab, visit: StudioVisit
) -> None:
    give(deployed, guest, READER, deployed.administrator().base)
    usages = {each["name"]["value"] for each in deployed.administrator().usages(LAB)}
    family = next(name for name in sorted(usages) if "ND" in name)
    await visit.enter(guest, f"{lab.pages}/quota")
    await change_limit(visit, family, "1")
    await expect(visit.page.get_by_text(NO_RIGHT)).to_be_visible()
    await visit.is_accessible()
    visit.expected("403")


async def test_quota_is_shown_to_who_works_in_one_workspace_of_the_region(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("counted")
    await visit.enter(ana, f"{lab.pages}/quota")
    await expect(visit.page.get_by_role("button", name=re.compile("standardDSv2"))).to_be_visible()
    await expect(visit.page.get_by_role("alert")).to_have_count(0)
    await visit.is_accessible()


async def test_a_limit_is_not_changed_by_who_works_in_one_workspace(
    deployed: StudioDeployed, ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    usages = {each["name"]["value"] for each in deployed.administrator().usages(LAB)}
    family = next(name for name in sorted(usages) if "ND" in name)
    await visit.enter(ana, f"{lab.pages}/quota")
    await change_limit(visit, family, "1")
    await expect(visit.page.get_by_text(NO_RIGHT)).to_be_visible()
    visit.expected("403")


# Access


async def assign(visit: StudioVisit, person: str, role: str) -> None:
    """Give a role in the workspace by the form."""
    await visit.page.get_by_role("button", name="Assign a role").click()
    options = dialog(visit).get_by_label("Who").locator("option")
    chosen = await options.filter(has_text=person).get_attribute("value")
    await dialog(visit).get_by_label("Who").select_option(chosen)
    await dialog(visit).get_by_label("Role").select_option(label=role)
    await visit.is_accessible()
    await dialog(visit).get_by_role("button", name="Assign", exact=True).click()


async def test_a_role_is_given_and_taken_away(
    boss: Person, guest: Person, lab: Lab, visit: StudioVisit
) -> None:
    await visit.enter(boss, f"{lab.pages}/access")
    await visit.heading_is("Access control")
    await visit.is_accessible()
    await assign(visit, guest.name, "Reader")
    given = line(visit, "Role assignments", guest.name)
    await expect(given).to_contain_text("Reader")
    await expect(given).to_contain_text("This workspace")
    assert guest.api.workspace(GROUP, lab.name)["name"] == lab.name
    await given.get_by_role("button", name="Remove Reader from Gus Guest").click()
    await dialog(visit).get_by_role("button", name="Remove").click()
    await is_answered(visit, "Role assignments")
    await expect(given).to_have_count(0)
    with pytest.raises(ApiError) as refused:
        guest.api.workspace(GROUP, lab.name)
    assert refused.value.status == 403


async def test_a_role_is_given_to_a_service_principal_and_it_is_kept_out(
    boss: Person, lab: Lab, visit: StudioVisit
) -> None:
    program = f"nightly {uuid4().hex[:6]}"
    await visit.enter(boss, f"{lab.pages}/access?tab=people")
    await visit.page.get_by_label("What it is for").fill(program)
    await visit.page.get_by_role("button", name="Add service principal").click()
    made = line(visit, "Service principals", program)
    await expect(made).to_contain_text("May sign in")
    await expect(made.get_by_role("button", name=re.compile("^Sign-in link"))).to_have_count(0)
    await visit.is_accessible()
    await visit.page.get_by_role("tab", name="Role assignments").click()
    await assign(visit, program, "Reader")
    await expect(line(visit, "Role assignments", program)).to_contain_text("This workspace")
    await visit.page.get_by_role("tab", name="People").click()
    await made.get_by_role("button", name=re.compile("^Disable")).click()
    await expect(made).to_contain_text("Disabled")


async def test_a_role_that_somebody_has_is_not_given_twice(
    boss: Person, lab: Lab, visit: StudioVisit
) -> None:
    await visit.enter(boss, f"{lab.pages}/access")
    await assign(visit, "ana.lopez@example.org", "Contributor")
    alert = dialog(visit).get_by_role("alert")
    await expect(alert).to_contain_text("The role assignment already exists")
    visit.expected("409")


async def test_who_may_not_gives_no_role_and_takes_none(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    await visit.enter(ana, f"{lab.pages}/access")
    own = line(visit, "Role assignments", "ana.lopez@example.org").filter(has_text="Contributor")
    await expect(visit.page.get_by_role("tab", name="People")).to_have_count(0)
    await own.get_by_role("button", name=re.compile("^Remove")).click()
    await dialog(visit).get_by_role("button", name="Remove").click()
    # Once for the eye, once for who listens.
    await expect(visit.page.get_by_text("The role was not removed").last).to_be_visible()
    await expect(visit.page.get_by_text(NO_RIGHT).last).to_be_visible()
    await expect(own).to_be_visible()
    await visit.page.get_by_role("button", name="Assign a role").click()
    await dialog(visit).get_by_label("Who").fill(identity(ana))
    await dialog(visit).get_by_role("button", name="Assign", exact=True).click()
    await expect(dialog(visit).get_by_role("alert")).to_contain_text(NO_RIGHT)
    visit.expected("403")


async def test_roles_say_what_they_allow(ana: Person, lab: Lab, visit: StudioVisit) -> None:
    await visit.enter(ana, f"{lab.pages}/access?tab=roles")
    await visit.page.get_by_role("button", name="Contributor", exact=True).click()
    await expect(visit.page.get_by_text("Microsoft.Authorization/*/Write")).to_be_visible()
    await visit.is_accessible()
    visit.expected("403")


# People


async def test_a_person_is_added_let_in_by_a_link_and_kept_out(
    deployed: StudioDeployed, boss: Person, begin: Begin, visit: StudioVisit
) -> None:
    name = f"new-{uuid4().hex[:6]}"
    await visit.enter(boss, "access?tab=people")
    await visit.page.get_by_label("User name").fill(name)
    await visit.page.get_by_label("Name", exact=True).fill("Nell New")
    await visit.page.get_by_role("button", name="Add person").click()
    person = line(visit, "People", name)
    await expect(person).to_contain_text("May sign in")
    await person.get_by_role("button", name=f"Sign-in link for {name}").click()
    shown = visit.page.get_by_text(re.compile(r"/signin/link\?t="))
    link = await shown.inner_text()
    await visit.is_accessible()
    guest = await begin()
    await guest.page.goto(deployed.http + link[link.index("/signin/link") :].split()[0])
    for field in ("#password", "#again"):
        await guest.page.locator(field).fill(PASSWORD)
    await guest.page.get_by_role("button").click()
    await guest.inside()
    await visit.page.reload()
    await expect(person).to_be_visible()
    await expect(shown).to_have_count(0)
    await person.get_by_role("button", name=f"Disable {name}").click()
    await expect(person).to_contain_text("Disabled")
    await guest.page.goto("about:blank")
    guest.expected("403")
    answer = await guest.page.goto(deployed.http + "/auth/me")
    assert answer
    assert answer.status == 401


# Activity log


async def test_the_log_says_who_did_what_and_is_narrowed(
    deployed: StudioDeployed, ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("logged")
    administrator = deployed.administrator().computes(GROUP, lab.name)
    administrator.act("logged", "stop")
    await visit.enter(ana, f"{lab.pages}/activity")
    made = line(visit, "Activity log", "logged").filter(has_text=ana.name)
    await expect(made.first).to_be_visible()
    stops = line(visit, "Activity log", re.compile("[Ss]top"))
    await expect(stops.filter(has_text="Accepted")).to_have_count(1)
    await visit.page.get_by_label("Status").select_option("Succeeded")
    await expect(stops.filter(has_text="Succeeded")).to_have_count(1)
    await expect(stops.filter(has_text="Accepted")).to_have_count(0)
    await visit.page.get_by_label("Status").select_option("Canceled")
    await expect(visit.page.get_by_text("Nothing happened that matches")).to_be_visible()
    await visit.page.get_by_label("Status").select_option("")
    await visit.is_accessible()
    await visit.page.get_by_label("By").fill(ana.name)
    await expect(line(visit, "Activity log", re.compile("[Ss]top"))).to_have_count(0)
    await visit.page.get_by_label("Status").select_option("Denied")
    await expect(visit.page.get_by_text("Nothing happened that matches")).to_be_visible()
    await visit.page.get_by_label("Status").select_option("")
    await made.first.get_by_role("button").click()
    await expect(dialog(visit)).to_contain_text(ana.name)
    await expect(dialog(visit).get_by_label("JSON")).to_contain_text('"correlationId"')
    await visit.is_accessible()
    await dialog(visit).get_by_role("button", name="Close").click()
    async with visit.page.expect_download() as kept:
        await visit.page.get_by_role("button", name="Export as CSV").click()
    file = await kept.value
    assert file.suggested_filename == "activity.csv"
    rows = list(csv.DictReader(io.StringIO((await file.path()).read_text(), newline="")))
    assert {row["caller"] for row in rows} == {ana.name}
    assert any(row["resource"].endswith("/logged") for row in rows)


# Settings


async def test_a_token_is_made_shown_once_and_revoked(
    deployed: StudioDeployed, boss: Person, visit: StudioVisit
) -> None:
    name = f"script {uuid4().hex[:6]}"
    await visit.enter(boss, "/settings")
    await visit.page.get_by_label("What it is for").fill(name)
    await visit.page.get_by_role("button", name="Create token").click()
    shown = visit.page.get_by_text(re.compile("^slpat_"))
    token = await shown.inner_text()
    assert deployed.client(token).json("GET", "/auth/me")["name"] == boss.name
    await visit.is_accessible()
    await visit.page.reload()
    made = line(visit, "Personal access tokens", name)
    await expect(made).to_be_visible()
    await expect(shown).to_have_count(0)
    await made.get_by_role("button", name=f"Revoke {name}").click()
    await dialog(visit).get_by_role("button", name="Revoke").click()
    await is_answered(visit, "Personal access tokens")
    await expect(made).to_have_count(0)
    with pytest.raises(ApiError) as refused:
        deployed.client(token).json("GET", "/auth/me")
    assert refused.value.status == 401
    assert visit.secret_addresses(token) == []


async def background(visit: StudioVisit) -> int:
    """How bright the page is, from 0 to 255."""
    return int(
        await visit.page.locator("#main").evaluate(
            "main => Number(getComputedStyle(main).backgroundColor.match(/\\d+/)[0])"
        )
    )


async def test_the_theme_is_chosen_and_remembered(boss: Person, visit: StudioVisit) -> None:
    await visit.enter(boss, "/settings")
    await visit.heading_is("Settings")
    assert await background(visit) > 200
    await visit.page.get_by_label("Dark").check()
    assert await background(visit) < 60
    await visit.is_accessible()
    await visit.page.reload()
    await visit.heading_is("Settings")
    assert await background(visit) < 60


async def test_korean_is_spoken_at_once_and_after_a_reload(
    boss: Person, visit: StudioVisit
) -> None:
    await visit.enter(boss, "/settings")
    await visit.page.get_by_label("Language").select_option("ko")
    await visit.heading_is("설정")
    await expect(visit.page.locator("html")).to_have_attribute("lang", "ko")
    await visit.page.reload()
    await visit.heading_is("설정")
    await visit.is_accessible()
    await visit.show("compute")
    await visit.heading_is("컴퓨팅")


async def test_the_language_follows_the_browser(boss: Person, begin: Begin) -> None:
    visit = await begin(locale="ko-KR")
    await visit.page.goto(visit.deployed.http + "/signin")
    await visit.page.locator("input[name=username]").fill(boss.name)
    await visit.page.locator("input[type=password]").fill(PASSWORD)
    await visit.page.keyboard.press("Enter")
    await visit.inside()
    await visit.show("/settings")
    await visit.heading_is("설정")


# Workspaces


async def test_a_workspace_is_made_and_deleted_by_typing_its_name(
    deployed: StudioDeployed, boss: Person, visit: StudioVisit
) -> None:
    name = f"made-{uuid4().hex[:6]}"
    await visit.enter(boss, "/workspaces")
    await visit.heading_is("Workspaces")
    await visit.is_accessible()
    await visit.page.get_by_role("button", name="New workspace").click()
    await dialog(visit).get_by_label("Name").fill(name)
    await dialog(visit).get_by_label("Region").select_option(LAB)
    await visit.is_accessible()
    await dialog(visit).get_by_role("button", name="Create").click()
    await visit.page.wait_for_url(f"**/workspaces/{GROUP}/{name}/**")
    assert deployed.administrator().workspace(GROUP, name)["location"] == LAB
    await visit.show("/workspaces")
    await visit.page.get_by_role("button", name=f"Delete {name}").click()
    delete = dialog(visit).get_by_role("button", name="Delete")
    await expect(delete).to_be_disabled()
    await dialog(visit).get_by_label(f"Type {name} to confirm").fill(name)
    await visit.is_accessible()
    await delete.click()
    await expect(dialog(visit)).to_have_count(0)
    await visit.heading_is("Workspaces")
    await expect(visit.page.get_by_role("link", name=name)).to_have_count(0)
    with pytest.raises(NotFoundError):
        deployed.administrator().workspace(GROUP, name)


async def test_a_workspace_whose_name_is_taken_is_not_made(
    boss: Person, visit: StudioVisit
) -> None:
    await visit.enter(boss, "/workspaces")
    await visit.page.get_by_role("button", name="New workspace").click()
    await dialog(visit).get_by_label("Name").fill(WORKSPACE)
    await dialog(visit).get_by_role("button", name="Create").click()
    await expect(dialog(visit).get_by_role("alert")).to_contain_text(
        "The workspace was not created"
    )
    visit.expected("412")


async def test_a_workspace_is_not_deleted_by_who_may_only_read_it(
    deployed: StudioDeployed, guest: Person, lab: Lab, visit: StudioVisit
) -> None:
    give(deployed, guest, READER, deployed.administrator().workspace_path(GROUP, lab.name))
    await visit.enter(guest, "/workspaces")
    await visit.page.get_by_role("button", name=f"Delete {lab.name}", exact=True).click()
    await dialog(visit).get_by_label(f"Type {lab.name} to confirm").fill(lab.name)
    await dialog(visit).get_by_role("button", name="Delete").click()
    await expect(dialog(visit).get_by_role("alert")).to_contain_text(NO_RIGHT)
    visit.expected("403")


# All of them


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("page", "heading"),
    [
        ("quota", "Compute"),
        ("access", "Access control"),
        ("access?tab=people", "Access control"),
        ("activity", "Activity log"),
        ("/settings", "Settings"),
        ("/workspaces", "Workspaces"),
    ],
)
async def test_the_page_fits_a_telephone(
    boss: Person, begin: Begin, page: str, heading: str, scheme: str
) -> None:
    visit = await begin(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    await visit.enter(boss, page)
    await visit.heading_is(heading)
    await expect(visit.page.get_by_text("Loading …")).to_have_count(0)
    await visit.fits()
    await visit.is_accessible()
    await visit.picture("390-" + re.sub(r"\W+", "-", page) + f"-{scheme}")
