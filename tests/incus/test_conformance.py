"""The Incus engine keeps the contract, with real containers."""

import pytest

from studiolo.engines.base import Engine, LogSource
from studiolo.engines.conformance import EngineConformance
from studiolo.engines.conformance_states import (
    ReimageConformance,
    ResizeConformance,
    SnapshotConformance,
)


class TestIncusEngine(EngineConformance):
    @pytest.fixture
    def harness(self, region):
        return region


class TestIncusStates(SnapshotConformance, ReimageConformance, ResizeConformance):
    @pytest.fixture
    def harness(self, region):
        return region


class TestIncusStatesOnVolumes(SnapshotConformance):
    @pytest.fixture
    def harness(self, volumes_region):
        return volumes_region


@pytest.mark.parametrize("protocol", [Engine, LogSource])
def test_the_engine_has_the_protocols_methods(protocol, region):
    assert isinstance(region.engine(), protocol)
