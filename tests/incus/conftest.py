"""Real containers in the local daemon."""

import pytest
from tests.support.cluster import cluster
from tests.support.incus import close, temporary_region
from tests.support.machine_image import ensure_image
from tests.support.small_image import small_image


@pytest.fixture(scope="session")
def machine_image() -> str:
    """The alias of the machine image, built if need be."""
    return ensure_image()


@pytest.fixture
async def region(machine_image):
    """A region whose homes are files of this host."""
    region = temporary_region()
    try:
        yield region
    finally:
        await close(region)


@pytest.fixture
async def volumes_region(machine_image):
    """A region whose homes are volumes of the pool."""
    region = temporary_region(loops=False)
    try:
        yield region
    finally:
        await close(region)


@pytest.fixture(scope="package")
def town():
    """A cluster of three members on this machine."""
    with cluster(small_image()) as town:
        yield town
