"""The studio as a person meets it: a deployment with real and with imaginary machines, and Chromium
with the accessibility checks of axe."""

import importlib.util
import json
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, Self

from playwright.async_api import Browser, ConsoleMessage, WebError, expect

from tests.support.browser import Visit
from tests.support.deployed import GROUP, PASSWORD, WORKSPACE, Deployed, Person

_REPOSITORY = Path(__file__).parents[2]
_AXE = _REPOSITORY / "studio" / "node_modules" / "axe-core" / "axe.min.js"

_AXE_RUN = """axe.run({exclude: ['[data-tabster-dummy]']}, {
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
  rules: {'label-content-name-mismatch': {enabled: false}},
})"""
"""Fluent UI's own fences of the focus are left out: they hand it on at once. The rule is one of
axe's experimental ones, and takes the initials in a picture of a person for a label."""

_STILL = """Promise.allSettled(document.getAnimations()
  .filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime))
  .map((each) => each.finished))"""
"""What fades in has its colours only afterwards. Spinners never end, and are not waited for."""

_AT_ONCE = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('*, ::before, ::after { transition: none !important; }');
  document.adoptedStyleSheets.push(sheet);
}"""
_AS_BEFORE = "document.adoptedStyleSheets.pop()"
"""While axe looks, a late answer can enable a button: between its colours are none to be read."""

LAB = "lab"
"""A region whose machines are not real: any number of them, in no time."""


@cache
def built_studio() -> None:
    """Build what the control plane serves, if it is not what studio/ says.

    :raises BuildFailed: with what to do; no test of the studio may pass without it.
    """
    _builder().build()
    _builder().install()


def npm(*arguments: str) -> None:
    """Run npm in studio/, with what it prints on our standard error.

    :raises BuildFailed: it ended with an error.
    """
    _builder().npm(*arguments)


@cache
def _builder() -> ModuleType:
    return _module(_REPOSITORY / "tools" / "studio" / "build.py")


def _module(file: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class StudioDeployed(Deployed):
    """A deployment with the region `local` (process machines) and the region `lab` (fake ones)."""

    @property
    def environment(self) -> dict[str, str]:
        """With the second region."""
        lab = [{"name": LAB, "engine": "fake", "total_vcpus": 10_000, "family_vcpus": 10_000}]
        return super().environment | {"STUDIOLO_REGIONS": json.dumps(lab)}

    def workspace(self, name: str, location: str = LAB) -> str:
        """Make a workspace of its own for a test; returns the address of its pages."""
        administrator = self.administrator()
        administrator.put_workspace(GROUP, name, {"location": location, "properties": {}})
        return f"/workspaces/{GROUP}/{name}"


class StudioVisit(Visit):
    """A visit to the studio's own pages."""

    @classmethod
    async def begin(cls, deployed: Deployed, browser: Browser, **options: Any) -> Self:
        """Open an empty tab that speaks English, unless `options` say otherwise."""
        options = {"locale": "en-GB", "timezone_id": "Asia/Seoul"} | options
        return await super().begin(deployed, browser, **options)

    async def enter(self, person: Person, page: str = "", password: str = PASSWORD) -> None:
        """Sign in and open a page of the studio, by its address or by its name in `main`."""
        await self.sign_in(person, password=password)
        await self.inside()
        if page:
            await self.show(page)

    async def show(self, page: str) -> None:
        """Open a page by its address, or by its name in the workspace `main`."""
        address = page if page.startswith("/") else f"/workspaces/{GROUP}/{WORKSPACE}/{page}"
        await self.page.goto(self.deployed.http + address)

    def _console(self, message: ConsoleMessage) -> None:
        # What Notebook 7 in a frame has to complain about is its own, but for what policies refuse.
        if self._of_an_instance(str(message.location["url"])):
            if "Content Security Policy" in message.text:
                self.complaints.append(message.text)
            return
        super()._console(message)

    def _exception(self, error: WebError) -> None:
        if not self._of_an_instance(str(error.error.stack)):
            super()._exception(error)

    def _of_an_instance(self, text: str) -> bool:
        return f".{self.deployed.settings.domain}" in text

    async def is_accessible(self) -> None:
        """Nothing on the page is a serious fault by WCAG 2.1 AA, as far as axe can tell."""
        await self.page.evaluate(_AXE.read_text())
        await self.page.evaluate(_AT_ONCE)
        await self.page.evaluate(_STILL)
        found = await self.page.evaluate(_AXE_RUN)
        await self.page.evaluate(_AS_BEFORE)
        serious = [
            f"{fault['id']} ({fault['impact']}): {fault['help']}: "
            + "; ".join(node["html"][:200] for node in fault["nodes"][:5])
            for fault in found["violations"]
            if fault["impact"] in {"serious", "critical"}
        ]
        assert not serious, "\n".join(serious)

    async def heading_is(self, name: str) -> None:
        """Wait for a page by its heading."""
        await expect(self.page.get_by_role("heading", name=name, level=1)).to_be_visible()

    async def fits(self) -> None:
        """The document is not wider than the window: what is wide scrolls by itself."""
        wide, window = await self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert wide <= window, f"the document is {wide} pixels wide in a window of {window}"
        main = await self.page.evaluate(
            "(main => [main.scrollWidth, main.clientWidth])(document.getElementById('main'))"
        )
        assert main[0] <= main[1], f"the page is {main[0]} pixels wide in {main[1]}"

    def expected(self, *statuses: str) -> None:
        """Chromium complains of every refusal; those with one of these statuses the test wanted."""
        for status in statuses:
            wanted = [each for each in self.complaints if f"status of {status}" in each]
            assert wanted, f"no reply had status {status}: {self.complaints}"
            self.complaints[:] = [each for each in self.complaints if each not in wanted]
