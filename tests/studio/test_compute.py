"""The list of compute instances: what it shows, how soon, and what is done from it."""

import asyncio
import re
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Locator, expect
from tests.studio.conftest import Begin, Measured
from tests.support.browser import PATIENCE
from tests.support.deployed import GROUP, Person
from tests.support.lab import Lab, seen_at
from tests.support.launched import until
from tests.support.studio import StudioDeployed, StudioVisit

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = 1000
A_FEW_DOZEN = 60


@pytest.fixture
def lab(deployed: StudioDeployed, ana: Person) -> Iterator[Lab]:
    """A workspace of the test's own."""
    lab = Lab.begin(deployed, ana)
    yield lab
    lab.end()


def row(visit: StudioVisit, name: str) -> Locator:
    """The row of an instance."""
    link = visit.page.get_by_role("link", name=name, exact=True)
    return visit.page.get_by_role("row").filter(has=link)


async def names(visit: StudioVisit) -> list[str]:
    """Names of the rows, in their order."""
    found = visit.page.get_by_role("rowgroup").get_by_role("row")
    shown = [
        (
            int(await each.get_attribute("aria-rowindex") or 0),
            await each.locator("a").first.inner_text(),
        )
        for each in await found.all()
    ]
    return [name for _, name in sorted(shown)]


async def choose(visit: StudioVisit, *chosen: str) -> None:
    """Tick the boxes of instances."""
    for name in chosen:
        await visit.page.get_by_role("checkbox", name=f"Choose {name}", exact=True).check()


def action(visit: StudioVisit, verb: str) -> Locator:
    """A button above the list."""
    toolbar = visit.page.get_by_role("toolbar", name="Actions on the chosen instances")
    return toolbar.get_by_role("button", name=verb, exact=True)


async def answer(visit: StudioVisit, verb: str) -> None:
    """Say yes to what is asked."""
    await visit.page.get_by_role("alertdialog").get_by_role("button", name=verb, exact=True).click()


async def test_a_workspace_without_instances_says_what_one_is_for(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    await visit.enter(ana, f"{lab.pages}/compute")
    await visit.heading_is("Compute")
    await expect(visit.page.get_by_text("No compute instance yet")).to_be_visible()
    await visit.is_accessible()
    await visit.page.get_by_role("main").get_by_role("button", name="New instance").last.click()
    await visit.page.wait_for_url("**/compute/new")


async def test_a_change_made_elsewhere_is_seen_at_once_without_a_reload(
    ana: Person, lab: Lab, visit: StudioVisit, measured: Measured
) -> None:
    lab.make("live")
    await visit.enter(ana, f"{lab.pages}/compute")
    await expect(row(visit, "live")).to_contain_text("Running")
    seen = asyncio.ensure_future(seen_at(visit.page, "live", "Stop"))
    visit.requests.clear()
    asked = time.time()
    await asyncio.to_thread(lab.computes.act, "live", "stop", wait=False)
    async with asyncio.timeout(PATIENCE / 1000):
        measured("seconds from the call to the row", await seen - asked)
    await expect(row(visit, "live")).to_contain_text("Stopped")
    # It was told, and did not ask: neither for the page, nor for the list.
    assert [each.url for each in visit.requests if each.is_navigation_request()] == []
    assert [each.url for each in visit.requests if "/computes?" in each.url] == []


async def test_new_and_deleted_instances_come_and_go_by_themselves(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    await visit.enter(ana, f"{lab.pages}/compute")
    await expect(visit.page.get_by_text("No compute instance yet")).to_be_visible()
    await asyncio.to_thread(lab.make, "first", "second")
    await expect(row(visit, "second")).to_contain_text("Running")
    await asyncio.to_thread(lab.computes.delete, "first")
    await expect(row(visit, "first")).to_have_count(0)
    await expect(row(visit, "second")).to_be_visible()


async def test_the_list_is_searched_sorted_and_narrowed_to_ones_own(
    deployed: StudioDeployed, ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("box2", "box10")
    lab.make("alpha", size="Standard_DS3_v2")
    lab.make("theirs", computes=deployed.administrator().computes(GROUP, lab.name))
    await visit.enter(ana, f"{lab.pages}/compute")
    await expect(row(visit, "theirs")).to_be_visible()
    assert await names(visit) == ["alpha", "box2", "box10", "theirs"]
    await visit.page.get_by_role("button", name="Name", exact=True).click()
    await expect(visit.page.get_by_role("columnheader", name="Name")).to_have_attribute(
        "aria-sort", "descending"
    )
    assert await names(visit) == ["theirs", "box10", "box2", "alpha"]
    await visit.page.get_by_label("Mine only").check()
    await expect(row(visit, "theirs")).to_have_count(0)
    search = visit.page.get_by_role("searchbox", name="Search instances")
    await search.fill("ds3")
    await expect(row(visit, "box2")).to_have_count(0)
    assert await names(visit) == ["alpha"]
    await visit.is_accessible()
    await search.fill("nothing like it")
    await expect(visit.page.get_by_text("No instance matches")).to_be_visible()


async def test_several_are_stopped_at_once_after_a_question(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("one", "two", "three")
    await visit.enter(ana, f"{lab.pages}/compute")
    await expect(action(visit, "Stop")).to_be_disabled()
    await choose(visit, "one", "two")
    await expect(visit.page.get_by_text("2 chosen")).to_be_visible()
    await action(visit, "Stop").click()
    question = visit.page.get_by_role("alertdialog")
    await expect(question).to_contain_text("Stop 2 instances?")
    await visit.is_accessible()
    await question.get_by_role("button", name="Cancel").click()
    await expect(question).to_have_count(0)
    assert set(lab.states().values()) == {"Running"}
    await action(visit, "Stop").click()
    await answer(visit, "Stop")
    for name in ("one", "two"):
        await expect(row(visit, name)).to_contain_text("Stopped")
    assert lab.states() == {"one": "Stopped", "two": "Stopped", "three": "Running"}
    await expect(visit.page.get_by_text("2 chosen")).to_have_count(0)


async def test_a_refusal_is_told_in_the_words_of_the_api(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("mine")
    await visit.enter(ana, f"{lab.pages}/compute")
    await choose(visit, "mine")
    await action(visit, "Stop").click()
    await asyncio.to_thread(lab.take_rights_away)
    await answer(visit, "Stop")
    await expect(visit.page.get_by_text("mine was not stopped").last).to_be_visible()
    told = visit.page.get_by_text(re.compile("does not have authorization to perform action"))
    await expect(told.last).to_be_visible()
    # The list cannot be kept up to date any more, and says so.
    await expect(visit.page.get_by_text("You may not do this")).to_be_visible()
    await visit.is_accessible()
    await visit.page.goto("about:blank")
    visit.expected("403")


async def test_a_thousand_instances_are_scrolled_and_only_those_in_sight_are_drawn(
    ana: Person, lab: Lab, begin: Begin, measured: Measured
) -> None:
    began = time.monotonic()
    lab.make(*(f"n{number:04}" for number in range(MANY)))
    measured(f"seconds until {MANY} run", time.monotonic() - began)
    visit = await begin(viewport={"width": 1280, "height": 800})
    await visit.enter(ana, f"{lab.pages}/compute")
    await expect(row(visit, "n0000")).to_be_visible()
    table = visit.page.get_by_role("table", name="Compute instances")
    await expect(table).to_have_attribute("aria-rowcount", str(MANY + 1))
    drawn = len(await names(visit))
    measured(f"rows drawn of {MANY}", drawn)
    assert 8 < drawn < A_FEW_DOZEN
    await visit.is_accessible()
    await visit.page.locator("#main").evaluate("main => main.scrollTo(0, main.scrollHeight)")
    await expect(row(visit, f"n{MANY - 1:04}")).to_be_in_viewport()
    assert len(await names(visit)) < A_FEW_DOZEN
    await visit.page.get_by_role("searchbox", name="Search instances").fill("n0500")
    await expect(row(visit, "n0500")).to_be_in_viewport()


async def test_an_instance_that_does_not_start_is_shown_with_its_reason(
    deployed: StudioDeployed, ana: Person, visit: StudioVisit
) -> None:
    name = ana.create("lost")
    folder = deployed.machine(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("nothing can be made here\n")
    until(lambda: ana.state(name) == "Unusable", "the machine to be given up", 120)
    await visit.enter(ana, "compute")
    await expect(row(visit, name)).to_contain_text("Unusable")
    gone = row(visit, name).get_by_label(re.compile(re.escape(f"'{name}' is gone")))
    await expect(gone).to_be_visible()
    await choose(visit, name)
    await action(visit, "Start").click()
    # What the engine says to it: there is a file in the place of the folder.
    reason = re.compile("Not a directory")
    until(lambda: bool(reason.search(str(ana.computes.show(name)))), "the engine to say so", 60)
    await expect(row(visit, name).get_by_label(reason)).to_be_visible()
    await visit.is_accessible()
    await row(visit, name).get_by_role("link", name=name, exact=True).click()
    await visit.heading_is(name)
    await expect(visit.page.get_by_text("Something is wrong with this instance")).to_be_visible()
    await expect(visit.page.get_by_text(reason)).to_be_visible()
    await visit.is_accessible()
    await visit.page.goto("about:blank")
    await asyncio.to_thread(ana.computes.delete, name)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_list_fits_a_telephone(ana: Person, lab: Lab, begin: Begin, scheme: str) -> None:
    long = "a-name-as-long-as-can-be"
    lab.make("short", long)
    visit = await begin(viewport={"width": 390, "height": 844}, color_scheme=scheme)
    await visit.enter(ana, f"{lab.pages}/compute")
    await expect(row(visit, "short")).to_contain_text("Running")
    await expect(row(visit, long)).to_contain_text("Running")
    await visit.fits()
    await visit.is_accessible()
    await visit.picture(f"compute-390-{scheme}")
