"""One-time sign-in links: for the first administrator, new people, and forgotten passwords."""

from urllib.parse import urlencode

from studiolo.api.identity.service import IdentityService
from studiolo.domain.credentials import LINK_LIFETIME, SIGN_IN, OneTime
from studiolo.domain.errors import InvalidInput
from studiolo.domain.resources import Principal
from studiolo.identity.passwords import check_rules
from studiolo.identity.tokens import digest, is_shaped, new_token

LINK_PATH = "/signin/link"


async def new_link(
    identity: IdentityService, person: Principal, *, by: Principal | None, correlation: str
) -> str:
    """Make a link for `person`; returns its path and query, to follow an origin.

    Earlier links of theirs become worthless.

    :param by: the administrator who asks; None for the launcher on the machine itself.
    """
    token = new_token()
    async with identity.database.transaction() as tx:
        await tx.credentials.drop_links_of(person.id, SIGN_IN)
        await tx.credentials.add_one_time(
            digest(token),
            OneTime(SIGN_IN, person.id, None, identity.clock() + LINK_LIFETIME),
        )
        await identity.note(
            tx,
            by,
            "Studiolo.Identity/users/link/action",
            "Succeeded",
            correlation=correlation,
            detail=f"sign-in link for {person.name}",
        )
    return f"{LINK_PATH}?{urlencode({'t': token})}"


async def peek_link(identity: IdentityService, token: str) -> tuple[Principal, bool] | None:
    """Whose link this is, and whether they have a password; None if it does not work any more.

    Looking does not use it up: mail scanners and previews look too.
    """
    if not is_shaped(token):
        return None
    async with identity.database.reading() as tx:
        link = await tx.credentials.one_time(digest(token), SIGN_IN)
        if link is None or identity.clock() >= link.expires_at:
            return None
        person = await tx.principals.get(link.principal)
        if person is None or person.disabled:
            return None
        return person, await tx.principals.password_hash(person.id) is not None


async def use_link(
    identity: IdentityService, token: str, new_password: str | None, *, correlation: str
) -> Principal | None:
    """Use a link up, setting a password; None if it does not work any more.

    A link that sets a password ends the person's other sessions.

    :param new_password: None keeps the present one.
    :raises InvalidInput: the password is not acceptable, or there is none yet; the link still
        works.
    """
    seen = await peek_link(identity, token)
    if seen is None:
        return None
    person, has_password = seen
    if new_password is None and not has_password:
        raise InvalidInput("Choose a password.", target="password")
    hashed = None
    if new_password is not None:
        check_rules(new_password, person.name)
        hashed = await identity.passwords.hash(new_password)
    async with identity.database.transaction() as tx:
        taken = await tx.credentials.take_one_time(digest(token), SIGN_IN)
        if taken is None or identity.clock() >= taken.expires_at:
            return None
        if hashed is not None:
            await tx.principals.set_password_hash(person.id, hashed)
            await tx.credentials.end_sessions_of(person.id)
        await identity.note(
            tx,
            person,
            "Studiolo.Identity/signIn/link/action",
            "Succeeded",
            correlation=correlation,
            detail="password set" if hashed else "",
        )
    if hashed is not None:
        identity.endings.announce(person.id)
    return person
