"""The studio's own tests, and what a first visit loads."""

import gzip
import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Response, expect
from tests.studio.conftest import Measured
from tests.support.deployed import Person
from tests.support.studio import StudioVisit, built_studio, npm

BUDGET_KB = 300


def test_the_components_pass_their_own_tests() -> None:
    built_studio()
    # What Vitest prints is in the report of a failure: npm's output is our standard error.
    npm("run", "test")


@pytest.mark.asyncio(loop_scope="session")
async def test_the_first_page_loads_little_javascript(
    ana: Person, visit: StudioVisit, measured: Measured
) -> None:
    await visit.sign_in(ana)
    await visit.page.wait_for_url(re.compile("/(welcome|workspaces/)"))
    # A page of its own: what is counted is what somebody loads who comes to the list of instances.
    fresh = await visit.context.new_page()
    loaded: list[Response] = []

    def remember(response: Response) -> None:
        loaded.append(response)

    fresh.on("response", remember)
    await fresh.goto(f"{visit.deployed.http}/workspaces/studiolo/main/compute")
    await expect(fresh.get_by_role("heading", name="Compute", level=1)).to_be_visible()
    listed = fresh.get_by_role("table").or_(fresh.get_by_text("No compute instance yet"))
    await expect(listed).to_be_visible()
    # What Ana's first page after signing in asks without a right is told in tests of that page.
    visit.complaints.clear()
    scripts = [each for each in loaded if urlsplit(each.url).path.endswith(".js")]
    sizes = {urlsplit(each.url).path: await _zipped(each) for each in scripts}
    assert any("ComputePage" in path for path in sizes), sizes
    total = sum(sizes.values()) / 1000
    measured("kB of gzipped JavaScript of the first page", total)
    assert total < BUDGET_KB, sorted(sizes.items(), key=lambda each: -each[1])


async def _zipped(response: Response) -> int:
    return len(gzip.compress(await response.body(), 9))
