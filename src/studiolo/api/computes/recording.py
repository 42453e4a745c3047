"""What every change of a compute leaves behind: an operation to poll and an activity line."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from studiolo.domain.lifecycle import operation_end
from studiolo.domain.resources import (
    ActivityEntry,
    Asked,
    Compute,
    Operation,
    OperationStatus,
    Principal,
)
from studiolo.domain.states import TRANSIENT, Event
from studiolo.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks for what, when.

    :param action: the ARM action.
    :param correlation: ties the activity line to the request.
    """

    caller: Principal
    action: str
    correlation: str
    now: datetime

    async def note(
        self, tx: Transaction, scope: str, detail: str = "", *, status: str = "Succeeded"
    ) -> None:
        """Append the activity line of a request that begins no operation.

        :param status: Accepted where the line is written before what it tells of.
        """
        await tx.activity.add(
            ActivityEntry(
                at=self.now,
                principal=self.caller.id,
                principal_name=self.caller.name,
                operation=self.action,
                scope=scope,
                status=status,
                correlation=self.correlation,
                detail=detail,
            )
        )


async def begin_operation(
    tx: Transaction,
    call: Call,
    compute: Compute,
    kind: str,
    *,
    ended: bool = False,
    detail: str = "",
) -> Operation:
    """Store an operation of `kind` on `compute` as it now is, and its activity line.

    It is in progress while the instance is on its way, and has succeeded already when the instance
    is where the request wanted it.

    :param ended: it has, whatever else the instance is on its way to.
    :param detail: what else the line tells.
    """
    moving = compute.state in TRANSIENT and not ended
    operation = Operation(
        id=str(uuid.uuid4()),
        subscription=compute.subscription,
        location=compute.location,
        resource=compute.id,
        scope=compute.arm_id,
        kind=kind,
        status=OperationStatus.IN_PROGRESS if moving else OperationStatus.SUCCEEDED,
        principal=call.caller.id,
        started_at=call.now,
        ended_at=None if moving else call.now,
        asked=Asked(call.action, call.caller.name, call.correlation),
    )
    await tx.operations.add(operation, detail)
    return operation


async def end_overtaken(tx: Transaction, call: Call, compute: Compute, event: Event) -> None:
    """End the open operations that `event`, which brought `compute` to its state, has overtaken."""
    for operation in await tx.operations.open_for(compute.id):
        status = operation_end(operation.kind, compute.state, event)
        if status is not None:
            await tx.operations.end(operation, status, call.now)
