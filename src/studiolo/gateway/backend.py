"""What the gate needs to know, and from whom.

The API layer implements :class:`GateBackend` over the store and the engines. The gate asks it on
every request that is not answered by a decision less than two seconds old (see `cache.py`).
"""

from dataclasses import dataclass, field
from typing import Protocol

from studiolo.domain.applications import Application
from studiolo.domain.states import State

MAX_HOST_LABEL = 63
"""RFC 1035: a label of a host name has at most 63 octets."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where a machine's applications may listen; nothing else is ever dialled for it.

    :param sockets: absolute path of the machine's own folder below `<run>/m/`; None if it has none.
    :param address: the machine's own IP address; None where it shares the host's.
    :param lost: its address could not be found out. Nothing is dialled then, and whoever cuts its
        streams must cut those of every machine with an address.
    """

    sockets: str | None = None
    address: str | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class GateInstance:
    """One compute instance as the gate sees it.

    :param id: the compute's own id; sessions and tickets are bound to it.
    :param owner: display name of the person it belongs to, for refusals.
    :param reason: why it is as it is and what to do, for a person; None where the state says all.
    :param allowed: ids of the principals that may open its applications: creator and assigned
        user, as far as they still have the right.
    """

    id: str
    name: str
    owner: str
    allowed: frozenset[str]
    state: State
    machine: Machine
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class GateSession:
    """A live session on one instance host."""

    principal_id: str
    instance_id: str


@dataclass(frozen=True, slots=True)
class Grant:
    """A new session, gained with a ticket.

    :param cookie: the cookie's value: at least 128 random bits, of `A-Z a-z 0-9 . _ -` only.
    :param lifetime: seconds until it ends; the backend also ends it by itself.
    """

    cookie: str = field(repr=False)
    lifetime: int


@dataclass(frozen=True, slots=True)
class Upstream:
    """A running application.

    :param address: `unix//abs/path.sock` or `host:port`, as the agent reports it.
    :param authorization: the Authorization header the application demands; a secret.
    """

    address: str
    authorization: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Starting:
    """The application is on its way; ask again in `retry_after` seconds."""

    retry_after: int = 2


@dataclass(frozen=True, slots=True)
class Failed:
    """The application cannot run; `message` is a sentence for a person."""

    message: str


class GateBackend(Protocol):
    """Look-ups behind the gate. None of them raises for what is merely absent.

    A :class:`studiolo.domain.errors.StudioloError` that one raises is answered with its own status
    and code.
    """

    async def instance_by_host(self, label: str) -> GateInstance | None:
        """The instance whose host's first label is `label` (lower case); None if there is none."""

    async def session(self, cookie: str) -> GateSession | None:
        """The live session of that cookie value; None if unknown, ended, or its principal is
        disabled. The value comes from a client and may be anything.
        """

    async def bearer(self, token: str) -> str | None:
        """Id of the principal whose access or personal token this is; None if it is not valid."""

    async def redeem_ticket(self, ticket: str, label: str) -> Grant | None:
        """Spend a ticket on the host `label` and open a session there.

        None if it is unknown, spent, older than 30 seconds or made for another host. Spending is
        atomic: of two concurrent calls one gets None.
        """

    async def open_application(
        self,
        instance_id: str,
        application: Application,
        wait: float,
        terminal: str | None = None,
    ) -> Upstream | Starting | Failed:
        """Make sure the application runs, waiting up to `wait` seconds for it.

        :param terminal: a terminal that is made with it, unless there is one of that name.
        """
