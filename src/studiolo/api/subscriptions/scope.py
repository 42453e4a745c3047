"""Checks of the first part of every path: the subscription, and where things may be made."""

from studiolo.api.services import Services
from studiolo.domain.errors import InvalidInput, NotFound
from studiolo.domain.regions import Region


def subscription_path(services: Services) -> str:
    """`/subscriptions/{id}` of this deployment."""
    return f"/subscriptions/{services.deployment.subscription}"


def known_subscription(services: Services, subscription: str) -> str:
    """The subscription's id as stored.

    :raises NotFound: `SubscriptionNotFound`, the path names another one.
    """
    if subscription.lower() != services.deployment.subscription.lower():
        raise NotFound(
            f"The subscription '{subscription[:80]}' could not be found. This deployment has one: "
            "GET /subscriptions names it.",
            code="SubscriptionNotFound",
            target="subscriptionId",
        )
    return services.deployment.subscription


def known_location(services: Services, location: str, what: str) -> str:
    """The region's name as Studiolo spells it. Azure ignores case and spaces in region names.

    :param what: resource type, for the message.
    :raises InvalidInput: `LocationNotAvailableForResourceType`.
    """
    return known_region(services, location, what).name


def known_region(services: Services, location: str, what: str) -> Region:
    """The region that a location names. Parameters and errors as :func:`known_location`."""
    wanted = location.replace(" ", "").lower()
    for name, region in services.regions.items():
        if name.lower() == wanted:
            return region
    raise InvalidInput(
        f"The location '{location[:80]}' is not available for '{what}'. There is: "
        f"{', '.join(sorted(services.regions))}.",
        code="LocationNotAvailableForResourceType",
        target="location",
    )
