"""The studio's terminal: a shell on a real instance, in the page itself."""

import asyncio
import re

import pytest
from playwright.async_api import Locator, Page, ViewportSize, WebSocketRoute, expect
from tests.studio.conftest import Begin
from tests.support.deployed import GROUP, WORKSPACE, Person
from tests.support.studio import StudioDeployed, StudioVisit

pytestmark = pytest.mark.asyncio(loop_scope="session")

PROMPT = re.compile(r"[$#]\s*$")
WIDE = ViewportSize(width=1280, height=800)
NARROW = ViewportSize(width=390, height=844)
COLOURS = "for n in 31 32 33 34 35 36 90; do printf '\\e[%smcolour %s\\e[m\\n' $n $n; done"
OVERFLOW = "document.documentElement.scrollWidth - innerWidth"


@pytest.fixture(scope="module")
def instance(ana: Person) -> str:
    """Name of an instance that runs."""
    return ana.create("term")


def screen(page: Page, number: int = 1) -> Locator:
    """What a terminal shows."""
    return page.locator(f'[data-shell="{number}"] .xterm-rows')


def keyboard(page: Page, number: int = 1) -> Locator:
    """Where a terminal takes what is typed."""
    return page.get_by_role("textbox", name=f"Terminal {number} on")


async def has_prompt(page: Page, number: int = 1) -> None:
    await expect(screen(page, number)).to_contain_text(PROMPT)


async def run(page: Page, command: str, expected: str | re.Pattern[str], number: int = 1) -> None:
    """Type a command and wait for what it prints, which must not be part of the command."""
    await keyboard(page, number).focus()
    await page.keyboard.type(command)
    await page.keyboard.press("Enter")
    await expect(screen(page, number)).to_contain_text(expected)


async def opened(visit: StudioVisit, person: Person, instance: str) -> Page:
    await visit.enter(person, f"terminal/{instance}")
    await has_prompt(visit.page)
    return visit.page


async def size(page: Page, mark: str) -> tuple[int, int]:
    """Rows and columns that the shell knows of."""
    said = re.compile(rf"{mark}=(\d+) (\d+);")
    await run(page, f'echo "{mark}=$(stty size);"', said)
    found = said.search(await screen(page).inner_text())
    assert found
    return int(found[1]), int(found[2])


async def test_a_command_runs_in_the_persons_own_folder(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await run(page, "echo in=$(basename $PWD) sum=$((600+66))", f"in={ana.alias} sum=666")
    await visit.picture("terminal")
    assert visit.secret_addresses(visit.deployed.application_token(instance)) == []


async def test_a_reload_keeps_the_shell_and_what_it_has_printed(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await run(page, "kept=$((600+66)); echo first=$kept", "first=666")
    await page.reload()
    await expect(screen(page)).to_contain_text("first=666")
    await run(page, "echo second=$kept", "second=666")


async def test_the_shell_follows_the_size_of_the_window_and_of_the_letters(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await page.set_viewport_size(WIDE)
    rows, columns = await size(page, "wide")
    await page.set_viewport_size(ViewportSize(width=900, height=500))
    fewer_rows, fewer_columns = await size(page, "small")
    assert fewer_rows < rows
    assert fewer_columns < columns
    await page.get_by_role("button", name="Options of the terminal").click()
    for _ in range(4):
        await page.get_by_role("menuitem", name="Larger text").click()
    await page.keyboard.press("Escape")
    assert (await size(page, "large"))[1] < fewer_columns


async def test_several_shells_are_open_at_once_and_end_when_they_are_closed(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await page.get_by_role("button", name="New terminal").click()
    await has_prompt(page, 2)
    await run(page, "mine=$((700+77)); echo second=$mine; sleep 1000", "second=777", 2)
    await page.get_by_role("button", name="Terminal 1", exact=True).click()
    await run(page, "echo first=[$mine]", "first=[]")
    await page.get_by_role("button", name="Close terminal 2").click()
    await page.get_by_role("alertdialog").get_by_role("button", name="Close").click()
    await expect(page.get_by_role("button", name="Terminal 2", exact=True)).to_have_count(0)
    await page.get_by_role("button", name="New terminal").click()
    await has_prompt(page, 2)
    await run(page, "echo anew=[$mine]", "anew=[]", 2)
    await run(page, "exit", "exit", 2)
    await expect(page.get_by_text("The shell has ended")).to_be_visible()
    await page.get_by_role("button", name="Close terminal 2").click()


async def test_a_shell_that_has_ended_is_followed_by_another_at_a_key(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await run(page, "mine=$((700+77)); echo old=$mine; exit", "old=777")
    await expect(page.get_by_text("The shell has ended")).to_be_visible()
    await keyboard(page).press("Enter")
    await expect(page.get_by_text("The shell has ended")).to_have_count(0)
    await has_prompt(page)
    await run(page, "echo new=[$mine]", "new=[]")


async def test_a_cut_line_comes_back_by_itself_with_what_the_shell_printed_meanwhile(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    lines: list[WebSocketRoute] = []

    def through(line: WebSocketRoute) -> None:
        line.connect_to_server()
        lines.append(line)

    await visit.page.route_web_socket(re.compile("/terminals/websocket/"), through)
    page = await opened(visit, ana, instance)
    await run(page, "kept=$((600+66)); echo before=$kept", "before=666")
    await run(page, "(sleep 0.3; echo mean''while) & echo be''gun", "begun")
    await lines[-1].close()
    await expect(page.get_by_text("Connected again")).to_be_visible()
    await expect(screen(page)).to_contain_text("meanwhile")
    await expect(screen(page)).to_contain_text("before=666")
    await run(page, "echo after=$kept", "after=666")
    assert len(lines) == 2


async def test_text_is_copied_and_pasted_by_keys(begin: Begin, ana: Person, instance: str) -> None:
    visit = await begin(permissions=["clipboard-read", "clipboard-write"])
    page = await opened(visit, ana, instance)
    await run(page, "clear; echo word''one", "wordone")
    line = screen(page).locator("div", has_text=re.compile("^wordone")).last
    box = await line.bounding_box()
    assert box
    await page.mouse.dblclick(box["x"] + 10, box["y"] + box["height"] / 2)
    await page.keyboard.press("Control+Shift+C")
    assert await page.evaluate("navigator.clipboard.readText()") == "wordone"
    await page.keyboard.type("echo got-")
    await page.keyboard.press("Control+Shift+V")
    await page.keyboard.press("Enter")
    await expect(screen(page)).to_contain_text("got-wordone")


async def test_a_keyboard_gets_out_of_the_terminal(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    page = await opened(visit, ana, instance)
    await expect(keyboard(page)).to_be_focused(timeout=3000)
    await page.keyboard.press("Tab")
    await expect(keyboard(page)).to_be_focused()
    await page.keyboard.press("Control+Shift+ArrowUp")
    await expect(page.get_by_role("button", name="Terminal 1", exact=True)).to_be_focused()


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("colours", ["light", "dark"])
async def test_the_page_is_accessible_and_fits(
    begin: Begin, ana: Person, instance: str, viewport: ViewportSize, colours: str
) -> None:
    visit = await begin(viewport=viewport, color_scheme=colours)
    page = await opened(visit, ana, instance)
    await page.get_by_role("button", name="Options of the terminal").click()
    await page.get_by_role("menuitemcheckbox", name="Tell a screen reader").click()
    await page.keyboard.press("Escape")
    await run(
        page, "for n in 31 32 33 34 35 36 90; do echo -e \"\\e[${n}mco''lour$n\"; done", "r90"
    )
    assert await page.evaluate(OVERFLOW) <= 0
    await visit.is_accessible()
    await visit.picture(f"terminal-{colours}-{viewport['width']}")


async def test_keys_that_a_telephone_lacks_are_on_the_page(
    begin: Begin, ana: Person, instance: str
) -> None:
    visit = await begin(viewport=NARROW)
    page = await opened(visit, ana, instance)
    await run(page, "echo be''gun; sleep 1000; echo not''reached", "begun")
    await page.get_by_role("button", name="Interrupt (Ctrl+C)").click()
    await expect(screen(page)).to_contain_text("^C")
    await run(page, "echo go''ing", "going")
    assert "notreached" not in await screen(page).inner_text()


async def test_a_stop_is_told_and_a_start_opens_a_new_shell(begin: Begin, ana: Person) -> None:
    visit = await begin()
    name = ana.create("halt")
    page = await opened(visit, ana, name)
    await run(page, "kept=$((600+66)); echo before=$kept", "before=666")
    await asyncio.to_thread(ana.computes.act, name, "stop")
    await expect(page.get_by_text(f"{name} is stopped")).to_be_visible()
    await expect(screen(page)).to_contain_text("before=666")
    await visit.is_accessible()
    await visit.picture("terminal-stopped")
    await page.reload()
    await expect(page.get_by_role("heading", name=f"No terminal on {name} yet")).to_be_visible()
    await visit.picture("terminal-asleep")
    await page.get_by_role("button", name="Start").click()
    await has_prompt(page)
    await run(page, "echo after=[$kept]", "after=[]")
    # Chromium says of a line that it was refused, while the page does not know yet of the stop.
    visit.complaints[:] = [each for each in visit.complaints if "WebSocket" not in each]


async def test_an_instance_that_is_not_there_is_said_and_another_can_be_chosen(
    visit: StudioVisit, ana: Person, instance: str
) -> None:
    await visit.enter(ana, "terminal/nobody")
    page = visit.page
    await expect(page.get_by_role("heading", name="nobody has no terminal for you")).to_be_visible()
    await visit.picture("terminal-missing")
    await page.get_by_role("button", name=re.compile("^Compute instance:")).click()
    await page.get_by_role("menuitemradio", name=instance).click()
    await has_prompt(page)
    await visit.show("terminal")
    await has_prompt(page)
    assert page.url.endswith(f"/terminal/{instance}")


async def test_somebody_without_an_instance_is_offered_one(
    begin: Begin, deployed: StudioDeployed
) -> None:
    kim = deployed.person("kim", "Kim")
    visit = await begin(viewport=NARROW)
    page = visit.page
    # Not by way of the welcome, where a first visit leads otherwise.
    terminal = f"/workspaces/{GROUP}/{WORKSPACE}/terminal"
    await page.goto(f"{deployed.http}/signin?next={terminal}")
    await visit.fill_in(kim)
    await visit.heading_is("Terminal")
    await page.evaluate("localStorage.setItem('studiolo.language', 'ko')")
    await page.reload()
    await expect(
        page.get_by_role("heading", name="아직 컴퓨팅 인스턴스가 없습니다")
    ).to_be_visible()
    await expect(page.get_by_role("button", name="새 컴퓨팅 인스턴스")).to_be_visible()
    await visit.is_accessible()
    await visit.picture("terminal-none")
