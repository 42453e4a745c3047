"""What can be done to compute instances. Each change is one transaction, committed on return."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

import structlog
from fastapi import Request
from sqlalchemy.exc import IntegrityError

from studiolo.api.arm import etag
from studiolo.api.arm.context import correlation_id
from studiolo.api.computes import wanted as wanted_values
from studiolo.api.computes.change import amended, changed
from studiolo.api.computes.creation import Creation
from studiolo.api.computes.lookup import WorkspaceName, compute_of, not_found, workspace_of
from studiolo.api.computes.models import ComputeBody
from studiolo.api.computes.names import RULE, is_valid, require_valid
from studiolo.api.computes.recording import Call, begin_operation, end_overtaken
from studiolo.api.computes.rendering import TYPE
from studiolo.api.computes.wanted import Wanted
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_location
from studiolo.domain.errors import Conflict, InvalidInput
from studiolo.domain.lifecycle import already, operation_kind
from studiolo.domain.lifecycle import request as requested
from studiolo.domain.machine import Recipe, Step
from studiolo.domain.resources import Compute, Operation, Principal, Workspace
from studiolo.domain.states import TRANSIENT, Event
from studiolo.faults import point
from studiolo.store.transaction import Transaction

_log = structlog.get_logger("studiolo.api")

Result = TypeVar("Result")

READ = "Microsoft.MachineLearningServices/workspaces/computes/read"
WRITE = "Microsoft.MachineLearningServices/workspaces/computes/write"
DELETE = "Microsoft.MachineLearningServices/workspaces/computes/delete"
START = "Microsoft.MachineLearningServices/workspaces/computes/start/action"
STOP = "Microsoft.MachineLearningServices/workspaces/computes/stop/action"
RESTART = "Microsoft.MachineLearningServices/workspaces/computes/restart/action"

_ATTEMPTS = 8
"""How often a change is tried again when the reconciler wrote the same row in between."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a PUT did.

    :param operation: the create's operation; None when nothing runs on.
    """

    compute: Compute
    operation: Operation | None = None


class _TakenError(Exception):
    """The name belongs to an instance of another workspace in the region."""

    def __init__(self, holder: Compute) -> None:
        self.holder = holder


class OverwrittenError(Exception):
    """Somebody else wrote the row between our reading and our writing."""


@dataclass(frozen=True, slots=True)
class ComputeService:
    """Requests about one compute, by one caller.

    :param named: the workspace the path names.
    :param name: the compute the path names.
    """

    services: Services
    request: Request
    caller: Principal
    named: WorkspaceName
    name: str

    def call(self, action: str) -> Call:
        """Who asks for what, now."""
        now = self.services.clock()
        return Call(self.caller, action, correlation_id(self.request.scope), now)

    def _read(self, body: ComputeBody, *, creating: bool) -> Wanted:
        if body.name is not None and body.name.lower() != self.name.lower():
            raise InvalidInput(
                f"The body names '{body.name[:80]}', the path '{self.name}'. Leave the name out.",
                target="name",
            )
        return wanted_values.read(body, self.services.catalogue, creating=creating)

    async def get(self) -> Compute:
        """The instance.

        :raises NotFound: there is none.
        """
        async with self.services.database.reading() as tx:
            return await compute_of(tx, self.named, self.name)

    async def put(self, body: ComputeBody) -> Outcome:
        """Create the instance, or bring an existing one to what the body says.

        :raises StudioloError: anything is wrong with it; then nothing has changed.
        """
        asked = self._read(body, creating=True)
        return await self._made(lambda tx: self._put(tx, asked))

    async def copy(self, source: str, asked: Callable[[Compute], Wanted]) -> Outcome:
        """Create the instance as a copy of the one called `source`.

        The name is one that a new instance may have.

        :param asked: what the copy is to be, by what its source is.
        :raises StudioloError: anything is wrong with it; then nothing has changed.
        """

        async def attempt(tx: Transaction) -> Outcome:
            origin = await compute_of(tx, self.named, source)
            taken = await tx.computes.by_name(origin.location, self.name)
            if taken is not None:
                raise _TakenError(taken)
            workspace = await workspace_of(tx, self.named)
            recipe = Recipe(Step.CLONE, origin.id)
            return await self._create(tx, workspace, asked(origin), recipe)

        return await self._made(attempt)

    async def _made(self, attempt: Callable[[Transaction], Awaitable[Outcome]]) -> Outcome:
        """Run what may create the instance, and wake the reconciler if it did."""
        try:
            outcome = await self.repeat(attempt)
        except _TakenError as taken:
            raise await self._name_taken(taken.holder) from None
        if outcome.operation is not None:
            point("api.create.committed")
            self.services.hint()
        return outcome

    async def put_in(self, tx: Transaction, asked: Wanted) -> Outcome:
        """As :meth:`put`, inside a unit of work of the caller's, who commits it and then hints.

        :raises StudioloError: it cannot be done; the caller gives up the whole unit of work.
        """
        try:
            return await self._put(tx, asked)
        except _TakenError as taken:
            raise await self._name_taken(taken.holder) from None
        except OverwrittenError:
            raise self._contended() from None

    async def patch(self, body: ComputeBody) -> Compute:
        """Change what the body says of an existing instance.

        :raises StudioloError: anything is wrong with it; then nothing has changed.
        """
        asked = self._read(body, creating=False)

        async def attempt(tx: Transaction) -> Outcome:
            workspace = await workspace_of(tx, self.named)
            found = await tx.computes.get(workspace.id, self.name)
            if found is None:
                raise not_found(workspace, self.name)
            self._check_location(workspace, asked)
            return await self._change(tx, found, asked, whole=False)

        return (await self.repeat(attempt)).compute

    async def amend(
        self, action: str, fields: Callable[[Compute, datetime], Mapping[str, Any]], told: str
    ) -> Compute:
        """Give the instance other fields, and return it; what is so already is not stored again.

        :param fields: of the instance as it is, now.
        :param told: what the activity line says.
        :raises StudioloError: there is no such instance, or it cannot be changed so.
        """

        async def attempt(tx: Transaction) -> Compute:
            found = await compute_of(tx, self.named, self.name)
            etag.check(self.request, found.etag)
            call = self.call(action)
            after = amended(found, self.caller, call.now, **fields(found, call.now))
            if after is None:
                return found
            await self.save(tx, found, after, call)
            await call.note(tx, found.arm_id, detail=told)
            return after

        return await self.repeat(attempt)

    async def ask(self, event: Event, action: str, recipe: Recipe | None = None) -> Operation:
        """Start, stop, restart or delete the instance, or start it by way of `recipe`.

        Asking again for what is so already, or under way, succeeds.

        :raises NotFound: there is no such instance.
        :raises Conflict: its state does not allow it.
        """
        operation = await self.repeat(lambda tx: self._ask(tx, event, action, recipe))
        point(f"api.{event.value}.committed")
        self.services.hint()
        return operation

    async def delete(self) -> Operation | None:
        """Delete the instance; None if there is none, which is what was asked for.

        :raises NotFound: there is no such workspace.
        """
        async with self.services.database.reading() as tx:
            workspace = await workspace_of(tx, self.named)
            present = await tx.computes.get(workspace.id, self.name)
        if present is None:
            return None
        return await self.ask(Event.DELETE, DELETE)

    async def repeat(self, attempt: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Run `attempt` in a transaction of its own, again when another writer was faster."""
        for _ in range(_ATTEMPTS):
            try:
                async with self.services.database.transaction() as tx:
                    return await attempt(tx)
            except (OverwrittenError, IntegrityError) as lost:
                _log.info("compute.write_lost", name=self.name, why=type(lost).__name__)
        raise self._contended()

    def _contended(self) -> Conflict:
        return Conflict(
            f"Compute '{self.name}' is being changed by others at this moment. Try again.",
            target=self.name,
        )

    async def _put(self, tx: Transaction, asked: Wanted) -> Outcome:
        workspace = await workspace_of(tx, self.named)
        self._check_location(workspace, asked)
        found = await tx.computes.by_name(workspace.location, self.name)
        if found is not None and found.workspace == workspace.id:
            return await self._change(tx, found, asked, whole=True)
        etag.check(self.request, None)
        require_valid(self.name)
        if found is not None:
            raise _TakenError(found)
        return await self._create(tx, workspace, asked)

    async def _create(
        self, tx: Transaction, workspace: Workspace, asked: Wanted, recipe: Recipe | None = None
    ) -> Outcome:
        if workspace.deleting:
            raise Conflict(
                f"Workspace '{workspace.name}' is being deleted; nothing can be created in it.",
                target=workspace.name,
            )
        size = asked.size
        if size is None:
            raise TypeError("a PUT without a size passed its checks")
        self.services.regions[workspace.location].catalogue.require(size.name)
        call = self.call(WRITE)
        creation = Creation(self.services, call, workspace, self.name, asked, size, recipe)
        return Outcome(*await creation.store(tx))

    async def _change(
        self, tx: Transaction, found: Compute, asked: Wanted, *, whole: bool
    ) -> Outcome:
        etag.check(self.request, found.etag)
        call = self.call(WRITE)
        after = changed(found, asked, self.caller, call.now, whole=whole)
        if after is None:
            return Outcome(found)
        await self.save(tx, found, after, call)
        await call.note(tx, found.arm_id)
        return Outcome(after)

    async def save(self, tx: Transaction, found: Compute, after: Compute, call: Call) -> None:
        """Write what becomes of `found`, due at once.

        :raises OverwrittenError: somebody else wrote it meanwhile; :meth:`repeat` tries again.
        """
        if not await tx.computes.save(after, if_etag=found.etag, due_at=call.now):
            raise OverwrittenError

    async def _ask(
        self, tx: Transaction, event: Event, action: str, recipe: Recipe | None
    ) -> Operation:
        found = await compute_of(tx, self.named, self.name)
        etag.check(self.request, found.etag)
        call = self.call(action)
        if already(found, event, recipe):
            after = replace(found, etag=fresh_etag())
        else:
            after = requested(found, event, call.now, fresh_etag(), recipe=recipe)
        if after.state in TRANSIENT:
            # Also where the work is under way: the new ETag makes the reconciler look again, so
            # that it cannot end the work without seeing the operation stored below.
            await self.save(tx, found, after, call)
            await end_overtaken(tx, call, after, event)
        detail = recipe.of if recipe else ""
        operation = await begin_operation(tx, call, after, operation_kind(event), detail=detail)
        point(f"api.{event.value}.before_commit")
        return operation

    def _check_location(self, workspace: Workspace, asked: Wanted) -> None:
        if asked.location is None:
            known_location(self.services, workspace.location, TYPE)
            return
        location = known_location(self.services, asked.location, TYPE)
        if location.lower() != workspace.location.lower():
            raise InvalidInput(
                f"A compute instance is made in the region of its workspace: "
                f"'{workspace.location}', not '{location}'.",
                target="location",
            )

    async def _name_taken(self, holder: Compute) -> Conflict:
        where = ""
        if await self.services.identity.may(self.caller, READ, holder.arm_id):
            where = f" by '{holder.owner_name}' in workspace '{holder.workspace_name}'"
        return Conflict(
            f"The name '{self.name}' is taken in region '{holder.location}'{where}. A compute "
            "instance's name is unique in its region: choose another.",
            target="name",
        )


async def name_availability(
    services: Services, location: str, name: str
) -> tuple[bool, str | None, str | None]:
    """Whether a name is free in a region: (free, Azure's reason, a sentence)."""
    if not is_valid(name):
        return False, "Invalid", f"'{name[:80]}' is no name for a compute: use {RULE}."
    async with services.database.reading() as tx:
        holder = await tx.computes.by_name(location, name)
    if holder is not None:
        return False, "AlreadyExists", f"The name '{name}' is taken in region '{location}'."
    return True, None, None


def fresh_etag() -> str:
    """An ETag that no version had."""
    return uuid.uuid4().hex
