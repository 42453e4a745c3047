"""The first administrator, without whom nobody could let anybody in."""

import uuid

from studiolo.api.identity.links import new_link
from studiolo.api.identity.service import IdentityService
from studiolo.domain.errors import NotFound
from studiolo.domain.resources import Principal, PrincipalKind, RoleAssignment
from studiolo.domain.roles import OWNER

FIRST_NAME = "admin"


async def ensure_first_administrator(identity: IdentityService) -> bool:
    """Make the user `admin`, Owner of the subscription, if there is no person yet.

    Safe to repeat and to run in several replicas at once: the name is unique, and only who stored
    it assigns the role.

    :returns: whether nobody has ever signed in: the administrator has no password yet, so that a
        sign-in link should be shown.
    """
    async with identity.database.transaction() as tx:
        # A fact, not a look at the table: two replicas that start together must agree.
        chosen = await tx.facts.set_once("first_administrator", str(uuid.uuid4()))
        if not await tx.principals.any_user():
            now = identity.clock()
            admin = Principal(chosen, PrincipalKind.USER, FIRST_NAME, "Administrator")
            await tx.principals.add(admin, created_at=now)
            await tx.roles.add(
                RoleAssignment(
                    id=str(uuid.uuid4()),
                    scope=identity.subscription_scope,
                    role_definition=OWNER.id,
                    principal=admin.id,
                    principal_kind=admin.kind,
                    created_at=now,
                    created_by=admin.id,
                )
            )
            await identity.note(
                tx,
                None,
                "Studiolo.Identity/users/write",
                "Succeeded",
                correlation="",
                detail=f"first administrator '{FIRST_NAME}'",
            )
        first = await tx.principals.get(chosen)
        return first is not None and await tx.principals.password_hash(chosen) is None


async def administrator_link(identity: IdentityService, name: str = FIRST_NAME) -> str:
    """Make a one-time sign-in link for a person; for the launcher, on the machine itself.

    :returns: an absolute URL; a secret for 15 minutes.
    :raises NotFound: there is no such person.
    """
    async with identity.database.reading() as tx:
        person = await tx.principals.by_name(name)
    if person is None or person.kind is not PrincipalKind.USER:
        raise NotFound(f"There is no user '{name}'.", target="name")
    path = await new_link(identity, person, by=None, correlation="")
    return identity.settings.browser_origin + path
