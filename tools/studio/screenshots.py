"""`./dev screenshots [folder]`: pictures of every page of the studio, to be looked at.

Each page in English and Korean, light and dark, at 1280 and 390 pixels, of a temporary deployment
with real and imaginary machines. Korean takes a font that has it (Debian: fonts-nanum).
"""

import asyncio
import json
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, Page
from tests.support.browser import chromium
from tests.support.deployed import GROUP, WORKSPACE, Person
from tests.support.studio import LAB, StudioDeployed, StudioVisit, built_studio

_MAIN = f"/workspaces/{GROUP}/{WORKSPACE}"
_WIDTHS = {1280: 800, 390: 844}
_SETTLED_MS = 2500
_RUNNING = "forecast"
_SIZES = ("Standard_DS3_v2", "Standard_D2s_v3", "Standard_E4s_v5", "Standard_F2s_v2")


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    language: str
    scheme: str
    width: int

    @property
    def label(self) -> str:
        """As it stands in file names."""
        return f"{self.width}-{self.scheme}-{self.language}"


_LOOKS = [
    Look(language, scheme, width)
    for language in ("en-GB", "ko-KR")
    for scheme in ("light", "dark")
    for width in _WIDTHS
]


def pages(person: Person, lab: str) -> dict[str, str]:
    """Address of each page, by the name of its picture."""
    notes = f"Users/{person.alias}"
    return {
        "welcome": "/welcome",
        "workspaces": "/workspaces",
        "compute": f"{lab}/compute",
        "compute-empty": f"/workspaces/{GROUP}/empty/compute",
        "create": f"{_MAIN}/compute/new",
        "details": f"{_MAIN}/compute/{_RUNNING}",
        "monitoring": f"{_MAIN}/compute/{_RUNNING}?tab=monitoring",
        "logs": f"{_MAIN}/compute/{_RUNNING}?tab=logs",
        "missing": f"{_MAIN}/compute/nothing-here",
        "notebooks": f"{_MAIN}/notebooks/{notes}",
        "notebook": f"{_MAIN}/notebooks/{notes}/sales.ipynb",
        "script": f"{_MAIN}/notebooks/{notes}/clean.py",
        "terminal": f"{_MAIN}/terminal/{_RUNNING}",
        "quota": f"{lab}/quota",
        "access": f"{_MAIN}/access",
        "roles": f"{_MAIN}/access?tab=roles",
        "activity": f"{_MAIN}/activity",
        "settings": "/settings",
    }


def furnish(deployed: StudioDeployed) -> tuple[Person, str]:
    """Make people, machines and files; returns who looks, and the workspace with many machines."""
    person = deployed.person("ana.lopez@example.org", "Ana López")
    person.create_named(_RUNNING)
    mine = person.api.http.json("GET", "/auth/me")["id"]
    for name in ("empty", LAB):
        deployed.workspace(name)
        deployed.allow(mine, person.api.workspace_path(GROUP, name))
    computes = person.api.computes(GROUP, LAB)
    for number, size in enumerate(_SIZES * 4):
        properties = {"computeType": "ComputeInstance", "properties": {"vmSize": size}}
        body = {"location": LAB, "properties": properties, "tags": {"team": "vision"}}
        computes.put(f"ana-{number + 1:02}", body)
    for number in (2, 5, 9):
        computes.act(f"ana-{number:02}", "stop")
    folder = deployed.share(person)
    (folder / "data").mkdir()
    (folder / "clean.py").write_text(_SCRIPT)
    (folder / "README.md").write_text("# Sales\n\nWhat we know about *last year's* sales.\n")
    (folder / "sales.ipynb").write_text(json.dumps(_NOTEBOOK))
    return person, f"/workspaces/{GROUP}/{LAB}"


async def sign_in_pages(deployed: StudioDeployed, browser: Browser, folder: Path) -> None:
    """The pages before there is a session."""
    for look in _LOOKS:
        visit = await _begin(deployed, browser, look)
        for name, address in {"sign-in": "/signin", "link-spent": "/signin/link?t=spent"}.items():
            await visit.show(address)
            await _keep(visit.page, folder, name, look)
        await visit.end()


async def studio_pages(
    deployed: StudioDeployed, browser: Browser, folder: Path, person: Person, lab: str
) -> None:
    """Every page of the studio."""
    for look in _LOOKS:
        visit = await _begin(deployed, browser, look)
        await visit.page.goto(deployed.link_for(person))
        await visit.page.locator("button.primary").click()
        await visit.inside()
        for name, address in pages(person, lab).items():
            await visit.show(address)
            await _keep(visit.page, folder, name, look)
        await visit.end()


async def _begin(deployed: StudioDeployed, browser: Browser, look: Look) -> StudioVisit:
    viewport = {"width": look.width, "height": _WIDTHS[look.width]}
    return await StudioVisit.begin(
        deployed, browser, locale=look.language, color_scheme=look.scheme, viewport=viewport
    )


async def _keep(page: Page, folder: Path, name: str, look: Look) -> None:
    await page.wait_for_timeout(_SETTLED_MS)
    await page.screenshot(path=folder / f"{name}-{look.label}.png")


async def take(deployed: StudioDeployed, folder: Path) -> None:
    """All pictures."""
    person, lab = furnish(deployed)
    async with chromium() as browser:
        await sign_in_pages(deployed, browser, folder)
        await studio_pages(deployed, browser, folder, person, lab)


def main(arguments: list[str]) -> None:
    """Take the pictures into the folder named, or `screenshots`."""
    folder = Path(arguments[0] if arguments else "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    built_studio()
    with (
        tempfile.TemporaryDirectory(prefix="studiolo-") as home,
        StudioDeployed(Path(home) / "h", engine="process").serving() as deployed,
    ):
        asyncio.run(take(deployed, folder))
    sys.stderr.write(f"{len(list(folder.glob('*.png')))} pictures in {folder}\n")


_SCRIPT = '''"""Takes out what was counted twice."""

import pandas as pd


def clean(sales: pd.DataFrame) -> pd.DataFrame:
    """Each order once, the latest word on it."""
    return sales.sort_values("time").drop_duplicates("order", keep="last")


if __name__ == "__main__":
    clean(pd.read_csv("data/sales.csv")).to_csv("data/clean.csv")
'''

_NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        "language_info": {"name": "python"},
    },
    "cells": [
        {
            "id": "a",
            "cell_type": "markdown",
            "metadata": {},
            "source": "# Sales by month\nWhat was sold, *without* what came back.",
        },
        {
            "id": "b",
            "cell_type": "code",
            "metadata": {},
            "execution_count": 1,
            "source": "import pandas as pd\nsales = pd.read_csv('data/sales.csv')\nsales",
            "outputs": [
                {
                    "output_type": "execute_result",
                    "execution_count": 1,
                    "metadata": {},
                    "data": {"text/plain": "   month  sold\n0      1     3\n1      2     4"},
                }
            ],
        },
    ],
}


if __name__ == "__main__":
    main(sys.argv[1:])
