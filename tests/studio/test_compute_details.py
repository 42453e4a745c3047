"""The page of one compute instance, with a real machine where figures and logs are looked at."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from tests.studio.conftest import Begin
from tests.support.deployed import Person
from tests.support.lab import Lab
from tests.support.studio import StudioDeployed, StudioVisit

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def real(ana: Person) -> Iterator[str]:
    """Name of an instance with a machine, which the tests leave running."""
    name = ana.create("real")
    yield name
    ana.computes.delete(name)


@pytest.fixture
def lab(deployed: StudioDeployed, ana: Person) -> Iterator[Lab]:
    """A workspace of the test's own."""
    lab = Lab.begin(deployed, ana)
    yield lab
    lab.end()


async def open_tab(visit: StudioVisit, name: str) -> None:
    """Open a part of the page."""
    await visit.page.get_by_role("tab", name=name, exact=True).click()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "light")])
async def test_the_overview_says_what_the_instance_is(
    ana: Person, real: str, begin: Begin, width: int, scheme: str
) -> None:
    visit = await begin(viewport={"width": width, "height": 844}, color_scheme=scheme)
    await visit.enter(ana, f"compute/{real}")
    await visit.heading_is(real)
    facts = visit.page.get_by_role("region", name="Properties")
    await expect(facts).to_contain_text("Standard_DS2_v2 (2 vCPU, 7 GB)")
    await expect(facts).to_contain_text(ana.computes.path(real))
    lab = visit.page.get_by_role("link", name=f"Open Jupyter Lab of {real}")
    await expect(lab).to_have_attribute("href", re.compile(re.escape(f"//{real}.")))
    await visit.page.get_by_role("button", name="Show JSON").click()
    await expect(visit.page.get_by_label("JSON")).to_contain_text('"vmSize": "Standard_DS2_v2"')
    await visit.fits()
    await visit.is_accessible()
    await visit.picture(f"details-{width}-{scheme}")


async def test_figures_of_the_machine_come_in_as_they_are(
    ana: Person, real: str, visit: StudioVisit
) -> None:
    await visit.enter(ana, f"compute/{real}")
    await open_tab(visit, "Monitoring")
    figures = visit.page.get_by_role("figure")
    await expect(figures.filter(has_text="Memory")).to_contain_text(re.compile(r"\d+ [kMG]B"))
    await expect(figures.filter(has_text="CPU")).to_contain_text(re.compile(r"\d+\s?%|vCPU"))
    await expect(visit.page.get_by_role("region", name="Disks")).to_contain_text(" free")
    await visit.is_accessible()
    # They are asked for again and again, while the page is looked at.
    for _ in range(2):
        async with visit.page.expect_response(re.compile(f"{real}/status")) as answered:
            pass
        assert (await answered.value).status == 200


async def test_the_logs_of_the_machine_are_read_searched_and_kept(
    ana: Person, real: str, visit: StudioVisit
) -> None:
    texts = {
        each["name"]: ana.computes.log(real, each["name"], tail=1000)
        for each in ana.computes.logs(real)
    }
    log = next(name for name, text in texts.items() if text.strip())
    lines = [line for line in texts[log].splitlines() if line.strip()]
    await visit.enter(ana, f"compute/{real}")
    await open_tab(visit, "Logs")
    await visit.page.get_by_label("Log", exact=True).select_option(log)
    shown = visit.page.get_by_role("log", name=log)
    await expect(shown).to_contain_text(lines[0])
    await visit.is_accessible()
    await visit.page.get_by_role("searchbox", name="Search lines").fill("no line has this")
    await expect(shown).to_have_text("No lines.")
    await visit.page.get_by_role("searchbox", name="Search lines").fill(lines[0])
    async with visit.page.expect_download() as kept:
        await visit.page.get_by_role("button", name="Download").click()
    file = await kept.value
    assert file.suggested_filename == f"{real}-{log}.log"
    assert lines[0] in (await file.path()).read_text()


async def test_the_activity_says_whether_somebody_works_there(
    ana: Person, real: str, visit: StudioVisit
) -> None:
    await visit.enter(ana, f"compute/{real}")
    await open_tab(visit, "Activity")
    await expect(visit.page.get_by_role("region", name="Activity")).to_contain_text("Idle")
    applications = visit.page.get_by_role("table", name="Applications")
    await expect(applications.get_by_role("row")).not_to_have_count(1)
    await visit.is_accessible()


async def test_an_instance_is_told_to_stop_when_it_is_idle(
    ana: Person, real: str, visit: StudioVisit
) -> None:
    await visit.enter(ana, f"compute/{real}")
    idle = visit.page.get_by_role("region", name="Idle shutdown")
    await expect(idle).to_contain_text("Does not stop by itself.")
    await idle.get_by_role("spinbutton", name="Shut down when idle").fill("45")
    await visit.is_accessible()
    await idle.get_by_role("button", name="Set idle time").click()
    await expect(idle).to_contain_text("Stops after 45 minutes without use.")
    await expect(idle).to_contain_text(
        re.compile(r"Idle for 0 mins?, stops in 4[45] minutes|In use: ")
    )
    saved = ana.computes.show(real)["properties"]["properties"]
    assert saved["idleTimeBeforeShutdown"] == "PT45M"
    await visit.show("compute")
    row = visit.page.get_by_role("row").filter(has_text=real)
    await expect(row).to_contain_text(re.compile("stops in|In use"))
    await visit.is_accessible()
    await visit.show(f"compute/{real}")
    await idle.get_by_role("spinbutton", name="Shut down when idle").fill("")
    await idle.get_by_role("button", name="Set idle time").click()
    await expect(idle).to_contain_text("Does not stop by itself.")


async def test_description_and_tags_are_changed(ana: Person, lab: Lab, visit: StudioVisit) -> None:
    lab.make("noted")
    await visit.enter(ana, f"{lab.pages}/compute/noted")
    await expect(visit.page.get_by_text("No description.")).to_be_visible()
    await visit.page.get_by_role("button", name="Change description and tags").click()
    await visit.page.get_by_label("Description", exact=True).fill("For the weather")
    await visit.page.get_by_label("Tags", exact=True).fill("project=weather\nteam=a=b")
    await visit.is_accessible()
    await visit.page.get_by_role("button", name="Save").click()
    await expect(visit.page.get_by_text("project=weather, team=a=b")).to_be_visible()
    await expect(visit.page.get_by_text("For the weather")).to_be_visible()
    saved = lab.computes.show("noted")
    assert saved["properties"]["description"] == "For the weather"
    assert saved["tags"] == {"project": "weather", "team": "a=b"}


async def test_a_change_that_is_refused_keeps_what_was_typed(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("noted")
    await visit.enter(ana, f"{lab.pages}/compute/noted")
    await visit.page.get_by_role("button", name="Change description and tags").click()
    await visit.page.get_by_label("Description", exact=True).fill("Mine")
    await asyncio.to_thread(lab.take_rights_away)
    await visit.page.get_by_role("button", name="Save").click()
    alert = visit.page.get_by_role("alert").filter(has_text="The change was not saved")
    await expect(alert).to_contain_text("does not have authorization to perform action")
    await expect(visit.page.get_by_label("Description", exact=True)).to_have_value("Mine")
    await visit.page.goto("about:blank")
    visit.expected("403")


async def test_an_instance_deleted_while_it_is_looked_at_is_said_to_be_gone(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("doomed")
    await visit.enter(ana, f"{lab.pages}/compute/doomed")
    await visit.heading_is("doomed")
    await asyncio.to_thread(lab.computes.delete, "doomed")
    await expect(visit.page.get_by_text("There is no instance doomed")).to_be_visible()
    await visit.is_accessible()
    await visit.page.get_by_role("button", name="All instances").click()
    await expect(visit.page.get_by_text("No compute instance yet")).to_be_visible()
    visit.expected("404")


async def test_it_is_stopped_and_started_from_its_page(
    ana: Person, lab: Lab, visit: StudioVisit
) -> None:
    lab.make("machine")
    await visit.enter(ana, f"{lab.pages}/compute/machine")
    actions = visit.page.get_by_role("toolbar", name="Actions on machine")
    await actions.get_by_role("button", name="Stop", exact=True).click()
    question = visit.page.get_by_role("alertdialog")
    await question.get_by_role("button", name="Stop").click()
    main = visit.page.get_by_role("main")
    await expect(main.get_by_text("Stopped", exact=True)).to_be_visible()
    await actions.get_by_role("button", name="Start", exact=True).click()
    await expect(main.get_by_text("Running", exact=True)).to_be_visible()
