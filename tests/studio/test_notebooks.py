"""The page Notebooks: the workspace's files, an editor, and notebooks that run or are read."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Locator, Page, ViewportSize, expect
from tests.studio.conftest import Begin
from tests.support.deployed import GROUP, SIZE, WORKSPACE, Person
from tests.support.launched import until
from tests.support.studio import StudioDeployed, StudioVisit

from studiolo.client.studiolo import ML_VERSION

pytestmark = pytest.mark.asyncio(loop_scope="session")

MANY = 10_000
NARROW: ViewportSize = {"width": 390, "height": 844}
HOSTILE = """<script>window.hacked = 1</script>
<img src="x" onerror="window.hacked = 2"><img src="https://elsewhere.example/pixel.png">
<a href="javascript:window.hacked = 3">a link</a>
<style>body { display: none } p { background: url(https://elsewhere.example/style.png) }</style>
<div style="position: fixed; inset: 0; background: url(https://elsewhere.example/over.png)">
Sign in again</div><iframe src="https://elsewhere.example/"></iframe>
<form action="https://elsewhere.example/"><input name="password"></form>
<p>what is left</p>"""


@pytest.fixture(scope="session")
def nora(deployed: StudioDeployed) -> Person:
    """Somebody with no instance but those that these tests make."""
    return deployed.person("nora.vale@example.org", "Nora Vale")


@pytest.fixture(scope="session")
def otto(deployed: StudioDeployed) -> Person:
    """Somebody with no instance at all: notebooks are only read."""
    return deployed.person("otto", "Otto Ek")


def folder_of(deployed: StudioDeployed, person: Person) -> Path:
    """The person's folder on the share of `main`, made as the first instance would."""
    workspace = person.api.workspace_path(GROUP, WORKSPACE)
    path = {"path": f"Users/{person.alias}"}
    person.api.http.send("PUT", f"{workspace}/files/directory", version=ML_VERSION, query=path)
    return deployed.share(person)


def notebook(*cells: dict[str, Any]) -> str:
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return json.dumps(
        {
            "cells": list(cells),
            "metadata": {"kernelspec": kernel},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )


def code(source: str, *outputs: dict[str, Any]) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "one", "metadata": {}, "execution_count": None}
    return cell | {"source": source, "outputs": list(outputs)}


def result(**forms: str) -> dict[str, Any]:
    data = {name.replace("_", "/"): text for name, text in forms.items()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


async def eventually(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(until, condition, what, 60)


async def opened(visit: StudioVisit, person: Person, path: str = "") -> Page:
    """Sign in and open the page, with a path of the share open in it."""
    # Colours on their way to another are no fault; nothing moves for those who want that.
    await visit.page.emulate_media(reduced_motion="reduce")
    await visit.enter(person, f"notebooks/{path}")
    return visit.page


def row(page: Page, name: str) -> Locator:
    return page.get_by_role("treeitem").filter(has_text=re.compile(f"^{re.escape(name)}$"))


async def make(page: Page, what: str, name: str) -> None:
    await page.get_by_role("button", name="New", exact=True).click()
    await page.get_by_role("menuitem", name=f"New {what}").click()
    await page.get_by_label("Name", exact=True).fill(name)
    await page.get_by_role("button", name="Create").click()


async def upload(page: Page, *files: dict[str, Any]) -> None:
    await page.get_by_test_id("chooser").set_input_files(list(files))


def text_file(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "text/plain", "buffer": text.encode()}


async def test_a_script_is_written_saved_renamed_and_deleted(
    deployed: StudioDeployed, nora: Person, visit: StudioVisit
) -> None:
    folder = folder_of(deployed, nora)
    page = await opened(visit, nora)
    await visit.heading_is("Notebooks")
    await row(page, nora.alias).click()
    await make(page, "folder", "실험")
    await expect(row(page, "실험")).to_be_visible()
    await make(page, "file", "train.py")
    await page.wait_for_url("**/train.py")
    await page.get_by_label("Text of train.py").press_sequentially("print(6 * 7)")
    await expect(page.get_by_text("Unsaved changes").first).to_be_visible()
    await visit.is_accessible()
    await visit.picture("notebooks-editor")
    await page.keyboard.press("Control+s")
    script = folder / "실험" / "train.py"
    await eventually(lambda: script.read_text() == "print(6 * 7)", "the saved script")
    await expect(page.get_by_role("button", name="Save")).to_be_disabled()

    tree = page.get_by_role("tree")
    await tree.focus()
    await tree.press("F2")
    await page.get_by_label("Name", exact=True).fill("fit.py")
    await page.get_by_role("button", name="Rename").click()
    await page.wait_for_url("**/fit.py")
    await expect(page.get_by_label("Text of fit.py")).to_have_text("print(6 * 7)")
    assert [each.name for each in script.parent.iterdir()] == ["fit.py"]

    await tree.focus()
    await tree.press("Delete")
    await page.get_by_role("button", name="Delete").click()
    await eventually(lambda: list(script.parent.iterdir()) == [], "the script's end")
    await expect(page.get_by_text("Empty folder")).to_be_visible()
    await expect(page.get_by_label("Text of fit.py")).to_have_count(0)


async def test_files_are_uploaded_and_replaced_only_when_a_person_says_so(
    deployed: StudioDeployed, nora: Person, visit: StudioVisit
) -> None:
    folder = folder_of(deployed, nora) / "uploads"
    folder.mkdir()
    page = await opened(visit, nora, f"Users/{nora.alias}/uploads")
    button = page.get_by_role("button", name=f"Upload into Users/{nora.alias}/uploads")
    async with page.expect_file_chooser() as chosen:
        await button.click()
    large = {"name": "big.bin", "mimeType": "", "buffer": b"studiolo" * 2_000_000}
    await (await chosen.value).set_files([text_file("a.txt", "first"), large])
    await expect(row(page, "a.txt")).to_be_visible()
    await expect(row(page, "big.bin")).to_be_visible()
    assert (folder / "big.bin").stat().st_size == 16_000_000

    for answer, expected in (("Cancel", "first"), ("Replace", "second")):
        await upload(page, text_file("a.txt", "second"), text_file(f"{answer}.txt", answer))
        await page.get_by_role("alertdialog").get_by_role("button", name=answer).click()
        await expect(row(page, f"{answer}.txt")).to_be_visible()
        await eventually(lambda: (folder / "a.txt").read_text() == expected, "a.txt")  # noqa: B023


async def test_what_somebody_else_wrote_is_not_lost_by_saving(
    deployed: StudioDeployed, nora: Person, visit: StudioVisit
) -> None:
    shared = folder_of(deployed, nora) / "shared.md"
    shared.write_text("# Mine\n")
    page = await opened(visit, nora, f"Users/{nora.alias}/shared.md")
    editor = page.get_by_label("Text of shared.md")
    await editor.press_sequentially("A line. ")
    shared.write_text("# Theirs\n")
    await page.keyboard.press("Control+s")
    dialog = page.get_by_role("alertdialog")
    await expect(dialog).to_contain_text("shared.md has changed meanwhile")
    await dialog.get_by_role("button", name="Keep editing").click()
    assert shared.read_text() == "# Theirs\n"
    await page.keyboard.press("Control+s")
    await dialog.get_by_role("button", name="Discard mine and reload").click()
    await expect(editor).to_contain_text("Theirs")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_role("heading", name="Theirs")).to_be_visible()
    visit.complaints.clear()  # Chromium says of each that it was refused


async def runs(visit: StudioVisit, frame: FrameLocator) -> None:
    """Run the first cell and save, by the buttons, once its kernel has said something."""
    await visit.hears("execution_state")
    await expect(frame.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")).to_be_visible()
    output = frame.locator(".jp-OutputArea-output").first
    for _ in range(6):
        # Notebook 7 forgets what it is told before all of it is there.
        await frame.locator(".jp-Notebook .cm-content").first.click()
        await frame.locator("[data-command='notebook:run-cell-and-select-next']").click()
        with contextlib.suppress(AssertionError):
            await expect(output).to_be_visible(timeout=5_000)
            break
    await expect(output).to_have_text(re.compile(r"^42\s*$"))
    await frame.locator("[data-command='docmanager:save']").click()


async def test_a_notebook_is_read_until_an_instance_made_beside_it_runs_it(
    deployed: StudioDeployed, nora: Person, visit: StudioVisit
) -> None:
    file = folder_of(deployed, nora) / "run.ipynb"
    file.write_text(notebook(code("print(6*7)")))
    page = await opened(visit, nora, f"Users/{nora.alias}/run.ipynb")
    await expect(page.get_by_role("document", name="Preview of run.ipynb")).to_contain_text("print")
    await visit.is_accessible()
    await page.get_by_role("button", name="New compute instance").click()
    name = await page.get_by_role("dialog").get_by_role("textbox").input_value()
    await page.get_by_role("combobox").select_option(SIZE)
    await expect(page.get_by_role("button", name="Create")).to_be_enabled()
    await visit.is_accessible()
    await page.get_by_role("button", name="Create").click()

    frame = page.frame_locator("iframe[title='Notebook run.ipynb']")
    await runs(visit, frame)
    await visit.picture("notebooks-running")
    await eventually(lambda: '"42\\n"' in file.read_text(), "the saved notebook")
    assert nora.state(name) == "Running"
    lab = page.get_by_role("link", name="Open in JupyterLab")
    url = f"{visit.host(name)}/lab/tree/Users/{nora.alias}/run.ipynb"
    await expect(lab).to_have_attribute("href", url)

    await asyncio.to_thread(nora.computes.act, name, "stop")
    shown = page.get_by_role("document", name="Preview of run.ipynb")
    await expect(shown).to_contain_text("42")
    await expect(page.get_by_role("status").filter(has_text=f"start {name}")).to_be_visible()
    await visit.is_accessible()
    await page.get_by_role("button", name="Start").click()
    await expect(frame.locator(".jp-Notebook")).to_be_visible()
    assert visit.secret_addresses(deployed.application_token(name)) == []


async def test_a_hostile_notebook_runs_nothing_and_loads_nothing(
    deployed: StudioDeployed, otto: Person, visit: StudioVisit
) -> None:
    svg = "<svg xmlns='http://www.w3.org/2000/svg' onload='window.hacked=4'><script/></svg>"
    words = {"cell_type": "markdown", "id": "two", "metadata": {}, "source": HOSTILE}
    outputs = (result(text_html=HOSTILE), result(**{"image_svg+xml": svg}))
    folder = folder_of(deployed, otto)
    (folder / "hostile.ipynb").write_text(notebook(words, code("x", *outputs)))
    page = await opened(visit, otto, f"Users/{otto.alias}/hostile.ipynb")
    await expect(page.get_by_text("what is left").first).to_be_visible()
    await expect(page.get_by_role("heading", name="Notebooks")).to_be_visible()
    # What wants to lie over the page stays in its place: the page's own button is what is hit.
    await page.get_by_role("button", name="Refresh").click()
    assert await page.evaluate("window.hacked") is None
    assert [each.url for each in visit.requests if "elsewhere" in each.url] == []
    root = page.get_by_role("document", name="Preview of hostile.ipynb")
    for forbidden in ("script", "iframe", "form", "input", "[onerror]", "a[href^=javascript]"):
        await expect(root.locator(forbidden)).to_have_count(0)
    # Chromium says of handlers that it saw and did not run them; nothing else was refused.
    assert all("inline event handler" in each for each in visit.complaints)
    visit.complaints.clear()


async def test_ten_thousand_files_are_scrolled_through(
    deployed: StudioDeployed, nora: Person, visit: StudioVisit
) -> None:
    folder = folder_of(deployed, nora) / "many"
    folder.mkdir()
    for number in range(MANY):
        (folder / f"file-{number}.txt").touch()
    page = await opened(visit, nora, f"Users/{nora.alias}/many")
    await expect(row(page, "file-0.txt")).to_be_visible()
    tree = page.get_by_role("tree")
    assert await page.get_by_role("treeitem").count() < 100
    slowest = await tree.evaluate(SCROLL)
    assert slowest < 400, f"a frame took {slowest} ms"
    await tree.focus()
    await tree.press("End")
    await tree.press("Home")
    await tree.press("End")
    await expect(page.locator("[aria-posinset='10000']")).to_be_in_viewport()
    await visit.is_accessible()


SCROLL = """(tree) => new Promise((done) => {
  let slowest = 0, last = performance.now(), steps = 0;
  const step = (now) => {
    slowest = Math.max(slowest, now - last);
    last = now;
    tree.scrollTop += 600;
    if (++steps < 120) requestAnimationFrame(step); else done(slowest);
  };
  requestAnimationFrame(step);
})"""


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_on_a_narrow_screen_the_tree_and_a_file_are_pages_of_their_own(
    deployed: StudioDeployed, nora: Person, begin: Begin, theme: str
) -> None:
    (folder_of(deployed, nora) / "note.md").write_text("# A note\n")
    visit = await begin(viewport=NARROW, color_scheme=theme)
    page = await opened(visit, nora)
    await expect(row(page, "note.md")).to_be_visible()
    await visit.is_accessible()
    await row(page, "note.md").click()
    await expect(page.get_by_label("Text of note.md")).to_contain_text("A note")
    await expect(page.get_by_role("tree")).to_be_hidden()
    await visit.is_accessible()
    await page.get_by_role("button", name="Back to the files").click()
    await expect(page.get_by_role("tree")).to_be_visible()


async def test_a_path_that_is_not_there_says_so(
    deployed: StudioDeployed, nora: Person, visit: StudioVisit
) -> None:
    folder_of(deployed, nora)
    page = await opened(visit, nora, f"Users/{nora.alias}/never.py")
    await expect(page.get_by_role("heading", name="never.py is not there")).to_be_visible()
    await page.set_viewport_size(NARROW)
    await expect(page.get_by_role("tree")).to_be_hidden()
    await page.get_by_role("button", name="Show all files").click()
    await expect(page.get_by_role("tree")).to_be_visible()


async def test_the_page_speaks_korean(deployed: StudioDeployed, nora: Person, begin: Begin) -> None:
    folder_of(deployed, nora)
    visit = await begin()
    await visit.enter(nora)
    await visit.page.evaluate("localStorage.setItem('studiolo.language', 'ko')")
    await visit.show("notebooks")
    await visit.heading_is("노트북")
    await expect(row(visit.page, nora.alias)).to_be_visible()
    await visit.is_accessible()
