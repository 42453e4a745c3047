"""A region whose fake machines are spread over three hosts."""

from studiolo.engines.fake import FakeEngine
from studiolo.engines.fake_hosts import FakeCluster, FakeHost

NAMES = ("m1", "m2", "m3")


def spread(engine: FakeEngine) -> FakeCluster:
    """Give the engine's world three hosts."""
    engine.world.cluster = FakeCluster({name: FakeHost() for name in NAMES})
    return engine.world.cluster


async def move(reconciler, location: str = "local") -> None:
    """What the control plane does about members, until nothing of it is left to do now."""
    for _ in range(3):
        await reconciler.empty_members(location)
        await reconciler.move_on(location)
    await reconciler.empty_members(location)
