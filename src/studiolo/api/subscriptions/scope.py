"""Checks of the first part of every path: the subscription, and where things may be made."""

from studiolo.api.services import Services
from studiolo.domain.errors import InvalidInput, NotFound


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
    wanted = location.replace(" ", "").lower()
    for name in services.engines:
        if name.lower() == wanted:
            return name
    raise InvalidInput(
        f"The location '{location[:80]}' is not available for '{what}'. There is: "
        f"{', '.join(sorted(services.engines))}.",
        code="LocationNotAvailableForResourceType",
        target="location",
    )
