"""One deployment for all tests of the studio's pages, with people, and Chromium."""

import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from tests.support.browser import chromium, visiting
from tests.support.deployed import Person
from tests.support.studio import StudioDeployed, StudioVisit, built_studio

Begin = Callable[..., Coroutine[Any, Any, StudioVisit]]
Measured = Callable[[str, float], None]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioDeployed]:
    """`studiolo up` with real machines in `local` and imaginary ones in `lab`."""
    built_studio()
    with StudioDeployed(tmp_path_factory.mktemp("s") / "h", engine="process").serving() as deployed:
        yield deployed


@pytest.fixture(scope="session")
def ana(deployed: StudioDeployed) -> Person:
    """A data scientist who makes instances of her own in the workspace `main`."""
    return deployed.person("ana.lopez@example.org", "Ana López")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def begin(deployed: StudioDeployed, browser: Browser) -> AsyncIterator[Begin]:
    """Begin visits in profiles of their own. No page of any may have complained at the end."""
    async with visiting(StudioVisit, deployed, browser) as begin:
        yield begin


@pytest_asyncio.fixture(loop_scope="session")
async def visit(begin: Begin) -> StudioVisit:
    """A visit with an empty profile."""
    return await begin()


@pytest.fixture
def measured(record_property: Callable[[str, object], None]) -> Measured:
    """Keep a figure that no test is strict about: in the report, and shown by `pytest -s`."""

    def measured(what: str, figure: float) -> None:
        record_property(what, round(figure, 3))
        sys.stderr.write(f"\n{what}: {figure:.3f}\n")

    return measured
