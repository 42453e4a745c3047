"""One real deployment, two people and two instances for all of the browser's tests."""

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from tests.support.browser import Visit, chromium, visiting
from tests.support.deployed import Deployed, Person
from tests.support.studio import built_studio

Begin = Callable[..., Coroutine[Any, Any, Visit]]


@pytest.fixture(scope="session")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A deployment in which nobody has signed in yet."""
    built_studio()
    with Deployed(tmp_path_factory.mktemp("b") / "h", engine="process").serving() as deployed:
        yield deployed


@pytest.fixture(scope="session")
def ana(deployed: Deployed) -> Person:
    """The owner of the instances. Her name is an address, so that her alias is another."""
    return deployed.person("ana.lopez@example.org", "Ana López")


@pytest.fixture(scope="session")
def ben(deployed: Deployed) -> Person:
    """Somebody who may do as much as she, with nothing of his own."""
    return deployed.person("ben", "Ben Okafor")


@pytest.fixture(scope="session")
def first(ana: Person) -> str:
    """Name of an instance that runs, and keeps running."""
    return ana.create("first")


@pytest.fixture(scope="session")
def second(ana: Person) -> str:
    """Name of another."""
    return ana.create("second")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def begin(deployed: Deployed, browser: Browser) -> AsyncIterator[Begin]:
    """Begin visits in profiles of their own. No page of any may have complained at the end."""
    async with visiting(Visit, deployed, browser) as begin:
        yield begin


@pytest_asyncio.fixture(loop_scope="session")
async def visit(begin: Begin) -> Visit:
    """A visit with an empty profile."""
    return await begin()
