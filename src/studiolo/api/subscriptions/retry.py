"""Two clients that make the same thing at the same moment: one makes it, the other finds it."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError

from studiolo.api.services import Services
from studiolo.domain.errors import Conflict
from studiolo.store.transaction import Transaction

Result = TypeVar("Result")

_ATTEMPTS = 3


async def in_transaction(
    services: Services, what: str, attempt: Callable[[Transaction], Awaitable[Result]]
) -> Result:
    """Run `attempt` in a transaction, again when another writer took a unique name meanwhile.

    :param what: for the message, for example "Workspace 'vision'".
    :raises Conflict: that happened every time.
    """
    for _ in range(_ATTEMPTS):
        try:
            async with services.database.transaction() as tx:
                return await attempt(tx)
        except IntegrityError:
            continue
    raise Conflict(f"{what} is being written by others at this moment. Try again.")
