"""Both engines keep the contract."""

import pytest

from studiolo.engines.base import (
    Engine,
    Hosts,
    ImageCatalogue,
    LogSource,
    OnlineResize,
    Recipes,
    SizedDisks,
    Snapshots,
)
from studiolo.engines.conformance import DEPLOYMENT, EngineConformance
from studiolo.engines.conformance_hosts import HostConformance
from studiolo.engines.conformance_states import (
    ReimageConformance,
    ResizeConformance,
    SnapshotConformance,
)
from studiolo.engines.fake import FakeEngine, FakeWorld
from studiolo.engines.fake_hosts import FakeCluster, FakeHost


class FakeHarness:
    def __init__(self) -> None:
        self.world = FakeWorld()

    def engine(self, deployment: str = DEPLOYMENT) -> FakeEngine:
        return FakeEngine(deployment, world=self.world, address="127.0.0.1:9")

    async def freeze(self, machine_id: str) -> None:
        self.world.machines[machine_id].frozen = True

    async def write_home(self, machine_id: str, name: str, data: bytes) -> None:
        self.world.machines[machine_id].home[name] = data

    async def read_home(self, machine_id: str, name: str) -> bytes | None:
        return self.world.machines[machine_id].home.get(name)

    def traces(self, machine_id: str) -> list[str]:
        return [machine_id] if machine_id in self.world.machines else []


class TestFakeEngine(EngineConformance, SnapshotConformance, ReimageConformance, ResizeConformance):
    @pytest.fixture
    def harness(self) -> FakeHarness:
        return FakeHarness()


class TestFakeEngineOnHosts(EngineConformance, HostConformance):
    @pytest.fixture
    def harness(self) -> FakeHarness:
        harness = FakeHarness()
        harness.world.cluster = FakeCluster({name: FakeHost() for name in ("m1", "m2", "m3")})
        return harness


class TestProcessEngine(EngineConformance, ReimageConformance):
    @pytest.fixture
    def harness(self, place, agent_image):
        return place


@pytest.mark.parametrize("protocol", [Engine, LogSource, ImageCatalogue])
def test_engines_have_the_protocols_methods(protocol, place):
    assert isinstance(FakeEngine("d"), protocol)
    assert isinstance(place.engine(), protocol)


@pytest.mark.parametrize("capability", [Snapshots, OnlineResize, SizedDisks, Recipes, Hosts])
def test_the_fake_has_every_capability(capability):
    assert isinstance(FakeEngine("d"), capability)
