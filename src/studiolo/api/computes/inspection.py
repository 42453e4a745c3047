"""Beside Azure's words: what runs inside an instance, and its logs.

Under the same paths and the same checks as the instance itself.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import ValidationError

from studiolo.api.arm.rendering import instant
from studiolo.api.computes.lookup import COMPUTE_PATH, WorkspaceNamed
from studiolo.api.computes.service import READ, WRITE, ComputeService
from studiolo.api.deps import Provided, authorized
from studiolo.api.schema.inspection import AgentStatus, ComputeStatus, LogList
from studiolo.api.schema.saying import gives, text
from studiolo.api.services import Services
from studiolo.domain import idle
from studiolo.domain.access import is_theirs
from studiolo.domain.disk_space import warnings
from studiolo.domain.errors import Forbidden, NotFound, Unavailable
from studiolo.domain.resources import Compute, Principal
from studiolo.domain.states import State
from studiolo.engines.agent_client import AgentError
from studiolo.engines.base import Engine, EngineError, LogSource

router = APIRouter(tags=["computes"])

Reader = Annotated[Principal, Depends(authorized(READ))]

_MAX_TAIL = 10_000


@router.get(f"{COMPUTE_PATH}/status", responses=gives(ComputeStatus))
async def compute_status(
    caller: Reader, request: Request, services: Provided, named: WorkspaceNamed, compute: str
) -> dict[str, Any]:
    """Applications, use and activity of an instance, as its agent says at this moment."""
    found = await ComputeService(services, request, caller, named, compute).get()
    told, problem = await _ask_agent(services, found)
    said = told.model_dump()
    return {
        **said,
        **_idleness(services, found, told),
        "name": found.name,
        "state": found.state.value,
        "stateSince": instant(found.state_since),
        "reachable": problem is None,
        "message": problem,
        "warnings": warnings(found.name, (said["usage"] or {}).get("disks")),
    }


def _idleness(services: Services, compute: Compute, told: AgentStatus) -> dict[str, Any]:
    """How idle an instance is, as the reconciler judges it."""
    use = idle.use_of(told.model_dump()) if compute.state is State.RUNNING else None
    if use is None:
        return {"busy": [], "idleSince": None, "shutdownAt": None}
    found = idle.idleness(compute, use, services.clock())
    return {
        "busy": list(found.busy),
        "idleSince": instant(found.since) if found.since else None,
        "shutdownAt": instant(found.shutdown_at) if found.shutdown_at else None,
    }


async def _ask_agent(services: Services, compute: Compute) -> tuple[AgentStatus, str | None]:
    """What the agent says, or nothing and why not."""
    if compute.location not in services.engines:
        return AgentStatus(), f"The region '{compute.location}' is not configured here."
    try:
        endpoint = await services.endpoints.of(compute)
        if endpoint is None:
            state = compute.state.value
            return AgentStatus(), f"The machine does not run; the instance is {state}."
        return AgentStatus.model_validate(await services.agents.status(endpoint)), None
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"])[:80]
        return AgentStatus(), f"The machine's agent answered with a '{where}' that is none."
    except (AgentError, EngineError) as error:
        return AgentStatus(), str(error)


@router.get(f"{COMPUTE_PATH}/logs", responses=gives(LogList))
async def list_logs(
    caller: Reader, request: Request, services: Provided, named: WorkspaceNamed, compute: str
) -> dict[str, Any]:
    """Names of an instance's logs; readable also when it is stopped or broken."""
    found = await _whose_logs(services, request, caller, named, compute)
    source = _log_source(services, found)
    try:
        names = await source.log_names(found.id) if source else ()
    except EngineError as error:
        raise Unavailable(str(error), target=found.name) from None
    return {"value": [{"name": name} for name in names]}


@router.get(f"{COMPUTE_PATH}/logs/{{log}}", responses=text())
async def read_log(
    caller: Reader,
    request: Request,
    services: Provided,
    named: WorkspaceNamed,
    compute: str,
    log: str,
    tail: Annotated[int, Query(ge=1, le=_MAX_TAIL)] = 200,
) -> Response:
    """The last lines of a log, as text."""
    found = await _whose_logs(services, request, caller, named, compute)
    source = _log_source(services, found)
    try:
        # Only names the engine itself lists are asked for, so that a name is never a path.
        known = source is not None and log in await source.log_names(found.id)
        text = await source.logs(found.id, log, tail=tail) if source and known else None
    except EngineError as error:
        raise Unavailable(str(error), target=found.name) from None
    if text is None:
        raise NotFound(f"Compute '{found.name}' has no log '{log[:80]}'.", target=log[:80])
    return Response(text, media_type="text/plain; charset=utf-8")


async def _whose_logs(
    services: Services,
    request: Request,
    caller: Principal,
    named: WorkspaceNamed,
    compute: str,
) -> Compute:
    """The instance, if its logs are the caller's to read.

    Logs tell what a person works on: its owner, its assigned user, and who may change it read them.
    """
    found = await ComputeService(services, request, caller, named, compute).get()
    theirs = is_theirs(caller.id, owner_id=found.owner_id, assigned_id=found.assigned_id)
    if theirs or await services.identity.may(caller, WRITE, found.arm_id):
        return found
    raise Forbidden(
        f"The logs of compute '{found.name}' are read by '{found.owner_name}', who owns it, and by "
        f"those who may do '{WRITE}'. Ask one of them.",
        target=found.name,
    )


def _log_source(services: Services, compute: Compute) -> LogSource | None:
    engine: Engine | None = services.engines.get(compute.location)
    return engine if isinstance(engine, LogSource) else None
