"""What a page says while Studiolo is away or the session has ended, and how it goes on."""

import signal
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect
from tests.support.deployed import Person
from tests.support.launched import until
from tests.support.studio import StudioDeployed, StudioVisit, built_studio

pytestmark = pytest.mark.asyncio(loop_scope="session")

LOST = "Studiolo does not answer. Trying again by itself"
ENDED = "Your session has ended"


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioDeployed]:
    """A deployment of its own, whose control plane may be killed."""
    built_studio()
    deployed = StudioDeployed(tmp_path_factory.mktemp("f") / "h", engine="fake")
    try:
        deployed.up()
        yield deployed
    finally:
        deployed.cleanup()


@pytest.fixture(scope="module")
def kim(fragile: StudioDeployed) -> Person:
    """Somebody with an instance."""
    kim = fragile.person("kim", "Kim Min-ji")
    kim.create_named("steady")
    return kim


@pytest_asyncio.fixture(loop_scope="session")
async def visit(fragile: StudioDeployed, browser: Browser) -> AsyncIterator[StudioVisit]:
    """A visit. What Chromium says of requests without an answer is no complaint here."""
    visit = await StudioVisit.begin(fragile, browser)
    yield visit
    await visit.end()
    assert [each for each in visit.complaints if "Failed to load resource" not in each] == []


async def test_a_lost_connection_is_said_and_heals_by_itself(
    fragile: StudioDeployed, kim: Person, visit: StudioVisit
) -> None:
    await visit.enter(kim, "compute")
    link = visit.page.get_by_role("link", name="steady", exact=True)
    await expect(link).to_be_visible()
    killed = fragile.control_plane
    launcher = fragile.process
    assert killed
    assert launcher
    # A launcher that stands still restarts nothing, for as long as the test looks.
    launcher.send_signal(signal.SIGSTOP)
    try:
        killed.signal(signal.SIGKILL)
        bar = visit.page.get_by_role("status").filter(has_text=LOST)
        await expect(bar).to_be_visible()
        await expect(link).to_be_visible()
        await visit.is_accessible()
        await visit.picture("connection-lost")
    finally:
        launcher.send_signal(signal.SIGCONT)
    visit.requests.clear()
    await expect(visit.page.get_by_text(LOST)).to_have_count(0)
    await expect(link).to_be_visible()
    assert fragile.control_plane not in (None, killed)
    # Live again: what is made elsewhere appears, and nobody reloaded the page.
    kim.create_named("after")
    await expect(visit.page.get_by_role("link", name="after", exact=True)).to_be_visible()
    assert [each.url for each in visit.requests if each.is_navigation_request()] == []


async def test_a_session_that_has_ended_is_said_and_signing_in_leads_back(
    kim: Person, visit: StudioVisit
) -> None:
    await visit.enter(kim, "compute?from=here")
    await visit.heading_is("Compute")
    other = await visit.context.new_page()
    await other.goto(visit.page.url)
    await other.get_by_role("button", name="Account of Kim Min-ji").click()
    await other.get_by_role("menuitem", name="Sign out").click()
    await other.wait_for_url("**/signin*")
    # The first page hears of it by itself: nothing was clicked there.
    dialog = visit.page.get_by_role("alertdialog", name=ENDED)
    await expect(dialog).to_be_visible()
    await visit.is_accessible()
    await visit.picture("session-ended")
    await dialog.get_by_role("button", name="Sign in").click()
    await visit.fill_in(kim)
    await visit.page.wait_for_url("**/compute?from=here")
    await visit.heading_is("Compute")


async def test_a_restart_between_two_pages_is_not_noticed(
    fragile: StudioDeployed, kim: Person, visit: StudioVisit
) -> None:
    await visit.enter(kim, "activity")
    await visit.heading_is("Activity log")
    killed = fragile.control_plane
    assert killed
    killed.signal(signal.SIGKILL)
    until(lambda: fragile.control_plane not in (None, killed), "the control plane's restart", 60)
    await visit.page.get_by_role("link", name="Compute").first.click()
    await expect(visit.page.get_by_role("link", name="steady", exact=True)).to_be_visible()
    await expect(visit.page.get_by_text(LOST)).to_have_count(0)
