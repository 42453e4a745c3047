"""Which regions can have virtual networks, and which of their addresses are taken."""

from studiolo.api.services import Services
from studiolo.domain.errors import InvalidInput, Unavailable
from studiolo.engines.base import EngineError, Networks

CODE = "UnsupportedFeature"


def networks_in(services: Services, location: str, what: str, target: str) -> Networks:
    """What makes a region's networks.

    :param what: what was asked for, beginning a sentence.
    :raises InvalidInput: nothing does there.
    """
    engine = services.engines.get(location)
    if not isinstance(engine, Networks) or not engine.has_networks:
        raise InvalidInput(
            f"{what} ('{target}') is not supported in the region '{location}': its machines share "
            "one network. Leave it out, or choose a region of another kind.",
            code=CODE,
            target=target,
        )
    return engine


async def occupied(services: Services, location: str, target: str) -> tuple[str, ...]:
    """Prefixes that the region's own networks have.

    :raises InvalidInput: the region has no virtual networks.
    :raises Unavailable: its engine does not answer.
    """
    networks = networks_in(services, location, "A virtual network", target)
    try:
        return await networks.occupied_prefixes()
    except EngineError as error:
        raise Unavailable(
            f"The region '{location}' does not say which addresses are free: {error}"
        ) from error
