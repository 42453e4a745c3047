"""What proves who somebody is, how long it does, and how often somebody may guess.

Values of the store and pure rules about them. No value here holds a secret, only hashes.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

SESSION_IDLE = timedelta(hours=12)
"""A browser's session ends when it has not been used for this long: a working day."""

SESSION_LIFETIME = timedelta(days=7)
"""A browser's session ends after this long however much it is used."""

SESSION_TOUCH = timedelta(minutes=1)
"""Use is noted at most this often, so that reading a page is rarely a write."""

LINK_LIFETIME = timedelta(minutes=15)
"""How long a one-time sign-in link works."""

TICKET_LIFETIME = timedelta(seconds=30)
"""How long a ticket to an instance host works: one redirect."""

SIGN_IN = "sign-in"
"""Purpose of a one-time sign-in link."""

PASSWORD_MIN = 10
PASSWORD_MAX = 256
"""Characters. The upper bound keeps hashing cheap; NIST SP 800-63B asks for at least 64."""


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session, at the studio (`instance` None) or on one instance's host.

    :param token_hash: SHA-256 of the cookie's value, hexadecimal.
    :param parent: an instance session's studio session; it ends with it.
    """

    token_hash: str = field(repr=False)
    principal: str
    parent: str | None = field(repr=False)
    instance: str | None
    created_at: datetime
    seen_at: datetime
    expires_at: datetime

    def is_live(self, now: datetime) -> bool:
        """Neither past its end nor left unused for too long."""
        return now < self.expires_at and now < self.seen_at + SESSION_IDLE

    def needs_touch(self, now: datetime) -> bool:
        """Whether its use should be noted again."""
        return now >= self.seen_at + SESSION_TOUCH


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A personal access token, without its hash."""

    id: str
    principal: str
    name: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether it still works."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A service principal's secret, hashed with argon2."""

    id: str
    principal: str
    secret_hash: str = field(repr=False)
    expires_at: datetime | None
    created_at: datetime

    def is_live(self, now: datetime) -> bool:
        """Whether it still works."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class OneTime:
    """A sign-in link or an instance ticket.

    :param purpose: `sign-in`, or `instance:<compute id>`.
    :param session: hash of the studio session that a ticket was made in.
    """

    purpose: str
    principal: str
    session: str | None = field(repr=False)
    expires_at: datetime


def ticket_purpose(compute_id: str) -> str:
    """Purpose of a ticket to one instance's host."""
    return f"instance:{compute_id}"


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed attempts under one key.

    :param count: attempts since the last success or quiet time.
    :param last_at: when the last of them began.
    """

    count: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Throttle:
    """How often somebody may guess.

    :param free: failures without any wait.
    :param first: the wait after one more; each further failure doubles it.
    :param longest: the wait grows no further, so that nobody can lock another out for good.
    :param quiet: after this long without an attempt the count starts anew.
    """

    free: int
    first: timedelta
    longest: timedelta
    quiet: timedelta

    def blocked_until(self, failures: Failures) -> datetime:
        """When the next attempt is heard."""
        beyond = failures.count - self.free
        if beyond <= 0:
            return failures.last_at
        # 2**30 seconds are longer than any sensible limit, and far from overflowing.
        return failures.last_at + min(self.longest, self.first * (1 << min(beyond - 1, 30)))

    def attempt(self, failures: Failures | None, now: datetime) -> Failures:
        """Count one more attempt, which stays counted unless it succeeds."""
        if failures is None or now >= failures.last_at + self.quiet:
            return Failures(1, now)
        return Failures(failures.count + 1, now)


def forgiven(failures: Failures) -> Failures:
    """Take one attempt back: it succeeded."""
    return replace(failures, count=max(0, failures.count - 1))


PER_NAME = Throttle(
    free=5,
    first=timedelta(seconds=1),
    longest=timedelta(minutes=5),
    quiet=timedelta(hours=1),
)
"""Against guessing one person's password: about 12 guesses an hour in the long run."""

PER_ADDRESS = Throttle(
    free=50,
    first=timedelta(seconds=1),
    longest=timedelta(minutes=1),
    quiet=timedelta(hours=1),
)
"""Against trying many names: looser, because many people may share an address."""
