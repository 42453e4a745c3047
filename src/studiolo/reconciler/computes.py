"""Drives one claimed instance: load, observe, decide, act, settle.

No database session is open while the engine works. While a machine is on its way and a person
waits for it, the claim is kept and the machine is looked at often; a wait that is longer is stored,
so that the claim and its place are free for others.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

import structlog

from studiolo import faults
from studiolo.clock import Clock
from studiolo.domain import decide as rules
from studiolo.domain.decide import Action, decide, expired
from studiolo.domain.errors import Detail, InvalidInput, Unavailable
from studiolo.domain.machine import MachineSpec, Observation, Presence, Step
from studiolo.domain.reasons import expiry_reason
from studiolo.domain.resources import Compute
from studiolo.domain.states import TRANSIENT, Event, State, accepts
from studiolo.engines.base import (
    Engine,
    EngineError,
    MachineUnreachable,
    OnlineResize,
    Permanent,
    Snapshots,
    Temporary,
    Unreachable,
)
from studiolo.engines.saying import details
from studiolo.files.shares import WorkspaceShares
from studiolo.reconciler.claims import Claim, Claims
from studiolo.reconciler.outages import Outages
from studiolo.reconciler.outcomes import RETRYING, Outcomes
from studiolo.reconciler.pace import Pace
from studiolo.reconciler.specs import Specs
from studiolo.store.database import Database

STAY = 0.25
"""Seconds: a wait up to this is spent with the claim in hand, a longer one is stored."""

log = structlog.get_logger(__name__)

Sleep = Callable[[float], Awaitable[None]]


class ClaimLost(Exception):
    """Somebody else may be acting on the machine; drop everything."""


@dataclass(frozen=True, slots=True)
class Again:
    """Look again after `seconds`; `trouble` is what stands in the way, for a person."""

    seconds: float
    attempts: int
    trouble: str | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """The state ends by `event`; `look_again` where the next state needs a look at once."""

    event: Event
    reason: str | None = None
    look_again: bool = False


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing to do; `notice` is what a person should know of the machine, which runs well."""

    notice: str | None = None


Verdict = Again | Ended | Idle


class ComputeDriver:
    """Brings claimed instances to where they should be."""

    def __init__(
        self,
        database: Database,
        engines: Mapping[str, Engine],
        specs: Specs,
        claims: Claims,
        outcomes: Outcomes,
        outages: Outages,
        *,
        clock: Clock,
        sleep: Sleep,
        pace: Pace,
        shares: WorkspaceShares | None,
    ) -> None:
        self._shares = shares
        self._database = database
        self._engines = engines
        self._specs = specs
        self._claims = claims
        self._outcomes = outcomes
        self._outages = outages
        self._clock = clock
        self._sleep = sleep
        self._pace = pace
        self._turns = {each: asyncio.Semaphore(pace.turns) for each in engines}

    async def drive(self, claim: Claim) -> float | None:
        """Work on the instance until it is settled.

        :returns: seconds until it is due again, where that is known.
        """
        faults.point("reconcile.claimed")
        try:
            return await self._drive(claim)
        except ClaimLost:
            log.warning("claim lost", compute=claim.compute.id, name=claim.compute.name)
            return None
        except asyncio.CancelledError:
            await asyncio.shield(self._outcomes.release(claim))
            raise
        finally:
            self._claims.drop(claim)

    async def _drive(self, claim: Claim) -> float | None:
        while True:
            verdict = await self._look(claim)
            match verdict:
                case Idle(notice):
                    await self._outcomes.rest(claim, notice)
                    return None
                case Ended(event, reason, look_again):
                    await self._end(claim, event, reason, look_again=look_again)
                    return None
                case Again(seconds, attempts, trouble) if trouble or seconds > STAY:
                    await self._outcomes.later(claim, seconds, attempts, trouble)
                    return seconds
                case Again(seconds, attempts):
                    claim.attempts = attempts
                    await self._sleep(seconds)
            if not await self._reload(claim):
                return None

    async def _end(
        self, claim: Claim, event: Event, reason: str | None, *, look_again: bool
    ) -> None:
        stored = await self._outcomes.apply(claim, event, reason, look_again=look_again)
        before = claim.compute
        log.info(
            "instance settled" if stored else "result dropped",
            compute=before.id,
            name=before.name,
            state=before.state.value,
            outcome=event.value,
            reason=reason,
        )

    async def _reload(self, claim: Claim) -> bool:
        """Read the instance again: a person may have asked for something else meanwhile."""
        async with self._database.reading() as tx:
            found = await tx.computes.by_id(claim.compute.id)
        if found is None:
            return False
        if found.etag != claim.compute.etag:
            claim.attempts = 0
        claim.compute = found
        return True

    async def _look(self, claim: Claim) -> Verdict:
        compute = claim.compute
        try:
            async with self._turns[compute.location], asyncio.timeout(self._limit(compute)):
                return await self._step(claim, self._engines[compute.location])
        except Unreachable as error:
            _log_details(compute, error)
            return self._unreachable(claim, error)
        except Temporary as error:
            _log_details(compute, error)
            return self._temporary(claim, str(error), error.delay)
        except Permanent as error:
            _log_details(compute, error)
            return _permanent(compute, str(error))
        except TimeoutError:
            return self._temporary(claim, f"The engine took too long over '{compute.name}'", 1.0)
        except ClaimLost:
            raise
        except Exception as error:
            # A bug must not take the loop down with it; it is told, and tried again.
            log.exception("unexpected error", compute=compute.id, state=compute.state.value)
            what = f"Studiolo met an unexpected error ({type(error).__name__}); its log tells more"
            return self._temporary(claim, what, 1.0)

    async def _step(self, claim: Claim, engine: Engine) -> Verdict:
        seen = await engine.observe(claim.compute.id)
        if seen.presence is Presence.UNREACHABLE:
            raise MachineUnreachable(seen.reason or "the machine's host does not answer")
        self._outages.answered(claim.compute.location, claim.compute.id)
        faults.point("reconcile.observed")
        _note(claim, seen)
        action = decide(claim.compute, seen, self._clock(), claim.attempts)
        if not claim.holds(self._clock()):
            raise ClaimLost
        await self._act(engine, claim.compute, action)
        return self._verdict(claim, action)

    async def _act(self, engine: Engine, compute: Compute, action: Action) -> None:
        match action:
            case rules.Ensure():
                spec = self._specs.of(compute)
                await self._ensure_share(compute, spec)
                await engine.ensure(spec)
                faults.point("reconcile.acted.ensure")
            case rules.Stop(grace):
                await engine.stop(compute.id, grace=grace)
                faults.point("reconcile.acted.stop")
            case rules.Adapt(grace):
                await self._adapt(engine, compute, grace)
                faults.point("reconcile.acted.adapt")
            case rules.Done(Event.READY):
                await _give_back_source(engine, compute)
            case rules.Delete():
                await _give_back_source(engine, compute)
                await engine.delete(compute.id)
                faults.point("reconcile.acted.delete")
            case _:
                pass

    async def _adapt(self, engine: Engine, compute: Compute, grace: float) -> None:
        """Resize the machine as it runs, or stop it, so that the next step starts it anew."""
        spec = self._specs.of(compute)
        if not (isinstance(engine, OnlineResize) and await engine.adapt(spec)):
            await engine.stop(compute.id, grace=grace)

    async def _ensure_share(self, compute: Compute, spec: MachineSpec) -> None:
        """The share, and the person's folder in it, are there before a machine joins them."""
        if self._shares is None or not self._specs.sees_share(compute):
            return
        owner = self._specs.share_owner(compute)
        try:
            await self._shares.user_folder(spec.share, spec.alias, owner=owner)
        except Unavailable as error:
            raise Temporary(error.message) from error
        except InvalidInput as error:
            raise Permanent(error.message) from error

    def _verdict(self, claim: Claim, action: Action) -> Verdict:
        match action:
            case rules.Rest(notice):
                return Idle(notice)
            case rules.Wait(seconds):
                return Again(seconds, claim.attempts)
            case rules.Done(event, reason) | rules.Fail(event, reason):
                return Ended(event, reason, look_again=event is Event.LOST)
            case _:
                return Again(action.pause, claim.attempts + 1)

    def _limit(self, compute: Compute) -> float:
        """Seconds an engine call may take; none outlasts the deadline, so expiry comes on time."""
        if compute.deadline is None:
            return self._pace.call_limit
        left = (compute.deadline - self._clock()).total_seconds()
        return max(1.0, min(self._pace.call_limit, left))

    def _temporary(self, claim: Claim, trouble: str, delay: float) -> Verdict:
        compute, attempts = claim.compute, claim.attempts + 1
        if compute.state in TRANSIENT and expired(compute, self._clock()):
            return _expiry(compute, trouble)
        if compute.state is State.RUNNING and attempts > rules.REPAIRS:
            return Ended(Event.FAILED, trouble)
        seconds = min(max(delay, rules.backoff(attempts + 2)), rules.BACKOFF[-1])
        return Again(seconds, attempts, trouble)

    def _unreachable(self, claim: Claim, error: Unreachable) -> Verdict:
        compute = claim.compute
        silent = compute.location
        if isinstance(error, MachineUnreachable):
            self._outages.answered(compute.location)
            silent = compute.id
        self._outages.silent(silent)
        if compute.state in TRANSIENT:
            return self._temporary(claim, str(error), error.delay)
        if not accepts(compute.state, Event.LOST):
            return Idle()
        if self._outages.lasting(silent):
            return Ended(Event.LOST, _lost_reason(compute, error))
        return Again(max(error.delay, 1.0), claim.attempts, None)


def _log_details(compute: Compute, error: EngineError) -> None:
    """Tell an administrator what the instance's `errors` do not, as long as it is news."""
    told = details(error)
    if told and all(each.message != str(error) for each in compute.errors):
        log.warning("engine error", compute=compute.id, reason=str(error), details=told)


async def _give_back_source(engine: Engine, compute: Compute) -> None:
    """Forget what a copy keeps in its source: the engine does so itself, unless it was killed."""
    recipe = compute.recipe
    if recipe is not None and recipe.step is Step.CLONE and isinstance(engine, Snapshots):
        await engine.remove_snapshot(recipe.of, compute.id)


def _note(claim: Claim, seen: Observation) -> None:
    """Put the machine's image and address into whatever is written when this look has ended.

    A machine that is gone or damaged does not say; what was last known of it stays.
    """
    known = claim.compute
    image, address = seen.image or known.image_version, seen.address or known.private_ip
    if (image, address) != (known.image_version, known.private_ip):
        claim.compute = replace(known, image_version=image, private_ip=address)


def _permanent(compute: Compute, reason: str) -> Verdict:
    if accepts(compute.state, Event.FAILED):
        return Ended(Event.FAILED, reason)
    log.warning("engine refuses", compute=compute.id, state=compute.state.value, reason=reason)
    return Idle()


def _expiry(compute: Compute, trouble: str) -> Ended:
    told = replace(compute, errors=(Detail(RETRYING, trouble),))
    return Ended(Event.EXPIRED, expiry_reason(told, None))


def _lost_reason(compute: Compute, error: Unreachable) -> str:
    who = f"The engine of region '{compute.location}'"
    if isinstance(error, MachineUnreachable):
        who = f"The host that holds '{compute.name}'"
    return (
        f"{who} does not answer: {str(error).rstrip('.')}. Nothing is known of '{compute.name}' "
        "until it does; then its state is found again by itself."
    )
