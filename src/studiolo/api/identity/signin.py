"""Checking a name and a password, or a client and its secret, without helping who guesses.

An attempt is counted as a failure before it is checked, and taken back if it succeeds: a hundred
guesses sent at the same moment are a hundred failures. Unknown names cost the same work, are
throttled the same, and get the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from studiolo.api.identity.service import IdentityService
from studiolo.domain.credentials import PER_ADDRESS, PER_NAME, ClientSecret, Throttle, forgiven
from studiolo.domain.errors import TooManyRequests, Unauthenticated
from studiolo.domain.resources import Principal, PrincipalKind
from studiolo.identity.tokens import digest
from studiolo.store.transaction import Transaction

SIGN_IN = "Studiolo.Identity/signIn/action"
CLIENT_SIGN_IN = "Studiolo.Identity/servicePrincipals/signIn/action"

_LONGEST_NAME = 256


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who is trying, from where.

    :param name: user name or client id, as given.
    :param address: the client's network address.
    """

    name: str
    address: str
    correlation: str

    def keys(self) -> tuple[tuple[str, Throttle], ...]:
        """What a user's attempt counts against; always locked in this order."""
        return (
            (f"address:{self.address}", PER_ADDRESS),
            (f"name:{digest(self.name.lower())}", PER_NAME),
        )

    def client_keys(self) -> tuple[tuple[str, Throttle], ...]:
        """What a client's attempt counts against.

        Not its id: a client secret cannot be guessed, and nobody shall be able to lock a service
        out. Apart from people's, so that a job with an old secret does not keep them from
        signing in.
        """
        return ((f"client-address:{self.address}", PER_ADDRESS),)


async def check_password(identity: IdentityService, attempt: Attempt, password: str) -> Principal:
    """The person whose name and password these are.

    :raises TooManyRequests: too many failures; nothing was checked.
    :raises Unauthenticated: unknown, wrong or disabled; it does not say which.
    """
    async with identity.database.transaction() as tx:
        await _count(identity, tx, attempt.keys())
        person = await _named(tx, attempt.name, PrincipalKind.USER)
        stored = await tx.principals.password_hash(person.id) if person else None
    right = await identity.passwords.verify(stored, password)
    rehashed = await _rehash(identity, stored, password) if right else None
    allowed = right and person is not None and not person.disabled
    async with identity.database.transaction() as tx:
        await _conclude(identity, tx, attempt, person, succeeded=allowed)
        if allowed and person is not None and rehashed is not None:
            await tx.principals.set_password_hash(person.id, rehashed)
    if not allowed or person is None:
        raise Unauthenticated(
            "The user name or the password is not right. Try again, or ask an administrator for a "
            "sign-in link.",
            code="InvalidCredentials",
        )
    return person


async def check_client(identity: IdentityService, attempt: Attempt, secret: str) -> Principal:
    """The service principal whose id and secret these are.

    :raises TooManyRequests: too many failures from this address; nothing was checked.
    :raises Unauthenticated: unknown, wrong, expired or disabled; it does not say which.
    """
    async with identity.database.transaction() as tx:
        await _count(identity, tx, attempt.client_keys())
        client = await _named(tx, attempt.name, PrincipalKind.SERVICE_PRINCIPAL)
        secrets = await tx.credentials.secrets_of(client.id) if client else []
    right = await _any_secret(identity, secrets, secret)
    allowed = right and client is not None and not client.disabled
    async with identity.database.transaction() as tx:
        if allowed:
            await _forgive(identity, tx, attempt.client_keys())
        status = "Succeeded" if allowed else "Failed"
        await identity.note(
            tx,
            client,
            CLIENT_SIGN_IN,
            status,
            correlation=attempt.correlation,
            detail="" if client else "unknown client",
        )
    if not allowed or client is None:
        raise Unauthenticated("The client id or the client secret is not right, or has expired.")
    return client


async def _named(tx: Transaction, name: str, kind: PrincipalKind) -> Principal | None:
    found = await tx.principals.by_name(name) if len(name) <= _LONGEST_NAME else None
    return found if found is not None and found.kind is kind else None


async def _any_secret(
    identity: IdentityService, secrets: Sequence[ClientSecret], given: str
) -> bool:
    hashes: list[str | None] = [
        each.secret_hash for each in secrets if each.is_live(identity.clock())
    ]
    for stored in hashes or [None]:
        if await identity.passwords.verify(stored, given):
            return True
    return False


async def _rehash(identity: IdentityService, stored: str | None, password: str) -> str | None:
    if stored is None or not identity.passwords.needs_rehash(stored):
        return None
    return await identity.passwords.hash(password)


async def _count(
    identity: IdentityService, tx: Transaction, keys: Sequence[tuple[str, Throttle]]
) -> None:
    now = identity.clock()
    for key, throttle in keys:
        failures = await tx.credentials.lock_failures(key, now)
        blocked = throttle.blocked_until(failures)
        if now < blocked:
            seconds = max(1, round((blocked - now).total_seconds()))
            wait = "a second" if seconds == 1 else f"{seconds} seconds"
            raise TooManyRequests(
                f"Too many failed sign-ins. Try again in {wait}.", retry_after=seconds
            )
        counted = throttle.attempt(failures, now)
        await tx.credentials.save_failures(key, counted, throttle.blocked_until(counted))


async def _forgive(
    identity: IdentityService, tx: Transaction, keys: Sequence[tuple[str, Throttle]]
) -> None:
    for key, throttle in keys:
        # The count may have grown meanwhile; only this attempt is taken back.
        failures = await tx.credentials.lock_failures(key, identity.clock())
        calmer = forgiven(failures)
        await tx.credentials.save_failures(key, calmer, throttle.blocked_until(calmer))


async def _conclude(
    identity: IdentityService,
    tx: Transaction,
    attempt: Attempt,
    person: Principal | None,
    *,
    succeeded: bool,
) -> None:
    if succeeded:
        address, name = attempt.keys()
        await _forgive(identity, tx, (address,))
        await tx.credentials.clear_failures(name[0])
    await identity.note(
        tx,
        person,
        SIGN_IN,
        "Succeeded" if succeeded else "Failed",
        correlation=attempt.correlation,
        # What was typed is not kept: people type passwords into the wrong field.
        detail="" if person else "unknown name",
    )
