"""Schedules of an instance in its page: added, told in words, turned off, and seen in the list."""

from collections.abc import Iterator

import pytest
from playwright.async_api import expect
from tests.studio.conftest import Begin
from tests.support.deployed import Person
from tests.support.lab import Lab
from tests.support.studio import StudioDeployed

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture
def lab(deployed: StudioDeployed, ana: Person) -> Iterator[Lab]:
    """A workspace of the test's own."""
    lab = Lab.begin(deployed, ana)
    yield lab
    lab.end()


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
async def test_a_schedule_is_added_in_the_persons_own_zone_and_turned_off(
    ana: Person, lab: Lab, begin: Begin, width: int, scheme: str
) -> None:
    lab.make("timed")
    visit = await begin(
        viewport={"width": width, "height": 844}, color_scheme=scheme, timezone_id="Asia/Seoul"
    )
    await visit.enter(ana, f"{lab.pages}/compute/timed")
    page = visit.page
    await page.get_by_role("tab", name="Schedules", exact=True).click()
    await page.get_by_role("button", name="Add a schedule").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_label("Time zone")).to_have_value("Asia/Seoul")
    await visit.is_accessible()
    await dialog.get_by_label("Time", exact=True).fill("19:30")
    await dialog.get_by_role("button", name="Save").click()
    words = "Stops at 19:30 Seoul time, Monday to Friday"
    switch = page.get_by_role("switch", name=f"On: {words}")
    await expect(switch).to_be_checked()
    await expect(page.get_by_text("Next: ")).to_be_visible()
    await expect(page.get_by_text("Stops at 19:30 Seoul time", exact=True)).to_be_visible()
    await visit.fits()
    await visit.is_accessible()
    await visit.picture(f"schedules-{width}-{scheme}")
    [stored] = lab.computes.show("timed")["properties"]["properties"]["schedules"][
        "computeStartStop"
    ]
    assert stored["recurrence"]["timeZone"] == "Asia/Seoul"

    await page.get_by_role("link", name="Compute", exact=True).first.click()
    await expect(page.get_by_text("Stops at 19:30 Seoul time", exact=True)).to_be_visible()
    await visit.fits()
    await page.get_by_role("link", name="timed", exact=True).click()
    await page.get_by_role("tab", name="Schedules", exact=True).click()
    await switch.click()
    await expect(switch).not_to_be_checked()
    await expect(page.get_by_text("Next: ")).to_have_count(0)
