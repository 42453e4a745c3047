"""The studio's terminal: a shell on a real instance, in the page itself."""

import asyncio
import re
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Locator, Page, expect
from tests.studio.conftest import Begin
from tests.support.browser import Person
from tests.support.launched import until
from tests.support.studio import StudioVisit

pytestmark = pytest.mark.asyncio(loop_scope="session")

EVERYTHING = """(number) => {
  const rows = document.querySelectorAll(`[data-shell="${number}"] .xterm-rows > div`);
  return [...rows].map((row) => row.textContent.trimEnd()).join('\\n').trimEnd();
}"""


@pytest.fixture(scope="module")
def instance(ana: Person) -> str:
    """Name of an instance that runs."""
    return ana.create("term")


def screen(page: Page, number: int = 1) -> Locator:
    """What a terminal shows."""
    return page.locator(f'[data-shell="{number}"] .xterm-rows')


async def shown(page: Page, number: int = 1) -> str:
    """What a terminal shows, line by line."""
    return str(await page.evaluate(EVERYTHING, number))


async def ready(page: Page, number: int = 1) -> None:
    """Wait for a prompt."""
    await expect(screen(page, number)).to_contain_text(re.compile(r"[$#]"))


async def run(page: Page, command: str, expected: str | re.Pattern[str], number: int = 1) -> None:
    """Type a command and wait for what it prints, which must not be part of the command."""
    await page.get_by_role("textbox", name=f"Terminal {number} on").focus()
    await page.keyboard.type(command)
    await page.keyboard.press("Enter")
    await expect(screen(page, number)).to_contain_text(expected)


async def opened(visit: StudioVisit, person: Person, instance: str) -> Page:
    await visit.enter(person, f"terminal/{instance}")
    await ready(visit.page)
    return visit.page


async def size(page: Page, mark: str, number: int = 1) -> tuple[int, int]:
    """Rows and columns that the shell knows of."""
    said = re.compile(rf"{mark}=(\d+) (\d+)")
    await run(page, f'echo "{mark}=$(stty size)"', said, number)
    found = said.search(await shown(page, number))
    assert found
    return int(found[1]), int(found[2])


async def test_a_command_runs_in_the_persons_own_folder(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await run(page, "basename $PWD; echo sum=$((600+66))", f"{ana.alias}")
    await expect(screen(page)).to_contain_text("sum=666")
    await visit.picture("terminal")
    assert visit.secret_addresses(visit.deployed.application_token(instance)) == []
