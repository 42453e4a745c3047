"""What a person sees where an instance or its application is not there, and how it comes back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect
from tests.support.browser import Visit
from tests.support.deployed import Deployed, Person
from tests.support.launched import until

pytestmark = pytest.mark.asyncio(loop_scope="session")

WAITS = """\
import pathlib, time
while not pathlib.Path({go!r}).exists():
    time.sleep(0.05)
"""
FAILS = "raise SystemExit('somebody broke this on purpose')\n"


@pytest.fixture
def passing(ana: Person) -> Iterator[str]:
    """An instance of the test's own."""
    name = ana.create("passing")
    yield name
    ana.computes.delete(name)


def configure_jupyter(deployed: Deployed, name: str, code: str) -> Path:
    """Put code where Jupyter runs it as it starts; a person may do so too."""
    file = deployed.machine(name) / "home" / ".jupyter" / "jupyter_config.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(code)
    return file


async def test_a_stopped_instance_says_so_and_starts_from_the_studio(
    ana: Person, passing: str, visit: Visit
) -> None:
    await visit.home(ana)
    await visit.act(passing, "Stop")
    listed = visit.listed(passing)
    # The list is told of every change.
    await expect(listed.get_by_text("Stopped", exact=True)).to_be_visible()
    await expect(visit.link(passing, "Terminal")).to_have_count(0)
    answer = await visit.page.goto(visit.host(passing) + "/lab")
    assert answer is not None
    assert answer.status == 409
    await expect(visit.heading("The instance is not running")).to_be_visible()
    await expect(visit.page.get_by_text("Start it, then try again")).to_be_visible()

    await visit.page.get_by_role("link", name="Open the studio").click()
    await visit.act(passing, "Start")
    await expect(visit.link(passing, "Terminal")).to_be_visible()
    await visit.open(passing, "Jupyter")
    await expect(visit.page).to_have_title("Home")


async def test_an_instance_that_is_being_made_is_waited_for(ana: Person, visit: Visit) -> None:
    await visit.home(ana)
    name = ana.create("new", wait=False)
    await visit.page.goto(visit.host(name) + "/tree")
    await expect(visit.page).to_have_title("Home")
    ana.computes.delete(name)


async def test_the_waiting_page_gives_way_to_the_application_by_itself(
    deployed: Deployed, ana: Person, passing: str, visit: Visit, tmp_path: Path
) -> None:
    go = tmp_path / "go"
    configure_jupyter(deployed, passing, WAITS.format(go=str(go)))
    await visit.home(ana)
    await visit.open(passing, "Jupyter")
    await expect(visit.heading("Almost there")).to_be_visible()
    await expect(visit.page.get_by_text("tries again by itself")).to_be_visible()
    await visit.picture("waiting")
    go.touch()
    await expect(visit.page).to_have_title("Home")
    assert visit.page.url == visit.host(passing) + "/tree"


async def test_an_application_that_cannot_start_says_why_and_recovers(
    deployed: Deployed, ana: Person, passing: str, visit: Visit
) -> None:
    broken = configure_jupyter(deployed, passing, FAILS)
    await visit.home(ana)
    await visit.open(passing, "Jupyter Lab")
    await expect(visit.heading("The application cannot be opened")).to_be_visible()
    await expect(visit.page.get_by_role("main")).to_contain_text("somebody broke this on purpose")
    await visit.picture("broken")
    broken.unlink()
    await expect(visit.page.locator(".jp-LauncherCard").first).to_be_visible()


async def test_an_instance_whose_machine_is_gone_shows_a_reason_and_can_be_deleted(
    deployed: Deployed, ana: Person, visit: Visit
) -> None:
    name = ana.create("lost")
    await visit.home(ana)
    folder = deployed.machine(name)
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("nothing can be made here\n")
    until(lambda: ana.state(name) == "Unusable", "the machine to be given up", 120)
    await visit.page.reload()
    listed = visit.listed(name)
    await expect(listed.get_by_text("Unusable", exact=True)).to_be_visible()
    await expect(listed.get_by_label(f"'{name}' is gone")).to_be_visible()
    await visit.picture("unusable")
    await visit.page.goto(visit.host(name) + "/lab")
    await expect(visit.heading("The instance is not running")).to_be_visible()
    await visit.picture("unusable-lab")
    ana.computes.delete(name)
    await visit.page.goto(deployed.http)
    await expect(listed).to_have_count(0)
