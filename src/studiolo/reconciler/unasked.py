"""What is stored of a request that no person made: a schedule's, or an idle shutdown's."""

from datetime import datetime
from uuid import uuid4

from studiolo.domain import lifecycle
from studiolo.domain.resources import Asked, Compute, Operation, OperationStatus
from studiolo.domain.states import Event
from studiolo.reconciler.outcomes import end_operations
from studiolo.store.transaction import Transaction


def action_of(event: Event) -> str:
    """The ARM action of a person's request that does the same."""
    return f"Microsoft.MachineLearningServices/workspaces/computes/{event.value}/action"


async def begin(
    tx: Transaction, after: Compute, event: Event, now: datetime, *, who: str, why: str
) -> None:
    """Store the operation of what was asked of an instance, with its line in the activity log.

    Operations that the request has overtaken end, as with a person's.

    :param after: the instance, on its way.
    :param who: what the log names instead of a person.
    :param why: what else the line tells.
    """
    await end_operations(tx, after, event, now)
    operation = Operation(
        id=str(uuid4()),
        subscription=after.subscription,
        location=after.location,
        resource=after.id,
        scope=after.arm_id,
        kind=lifecycle.operation_kind(event),
        status=OperationStatus.IN_PROGRESS,
        principal="",
        started_at=now,
        asked=Asked(action_of(event), who, str(uuid4())),
    )
    await tx.operations.add(operation, why)
