"""An engine that can do what every engine must, and nothing else."""

from collections.abc import Mapping

from studiolo.domain.machine import Endpoint, MachineSpec, Observation
from studiolo.engines.base import EngineHealth
from studiolo.engines.fake import FakeEngine
from tests.support.api import Api


class PlainEngine:
    """The fake, without its capabilities."""

    def __init__(self, fake: FakeEngine) -> None:
        self._fake = fake

    async def observe(self, machine_id: str) -> Observation:
        return await self._fake.observe(machine_id)

    async def ensure(self, spec: MachineSpec) -> None:
        await self._fake.ensure(spec)

    async def stop(self, machine_id: str, *, grace: float) -> None:
        await self._fake.stop(machine_id, grace=grace)

    async def delete(self, machine_id: str) -> None:
        await self._fake.delete(machine_id)

    async def list_owned(self) -> Mapping[str, Observation]:
        return await self._fake.list_owned()

    async def endpoint(self, machine_id: str) -> Endpoint | None:
        return await self._fake.endpoint(machine_id)

    async def health(self) -> EngineHealth:
        return await self._fake.health()

    async def aclose(self) -> None:
        await self._fake.aclose()


def fake_of(api: Api) -> FakeEngine:
    """The engine of the API's one region."""
    engine = api.services.engines["local"]
    assert isinstance(engine, FakeEngine)
    return engine


def make_plain(api: Api) -> None:
    """Take every capability from the API's one region."""
    api.services.engines["local"] = PlainEngine(fake_of(api))  # type: ignore[index]
