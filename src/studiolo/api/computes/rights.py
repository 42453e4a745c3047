"""Rights that no role alone gives: over what a person keeps on their instance."""

from studiolo.api.computes.service import READ, WRITE
from studiolo.api.services import Services
from studiolo.domain.access import ASSIGN_ROLE, is_theirs
from studiolo.domain.errors import Forbidden
from studiolo.domain.resources import Compute, Principal

CLONE = "Microsoft.MachineLearningServices/workspaces/computes/clone/action"


async def require_theirs(services: Services, caller: Principal, compute: Compute) -> None:
    """Let pass whom the instance belongs to, and who may change it; not who may only operate it.

    :raises Forbidden: naming whom to ask.
    """
    theirs = is_theirs(caller.id, owner_id=compute.owner_id, assigned_id=compute.assigned_id)
    if theirs or await services.identity.may(caller, WRITE, compute.arm_id):
        return
    raise Forbidden(
        f"What is on compute '{compute.name}' is put back or replaced by '{compute.owner_name}', "
        f"who owns it, and by those who may do '{WRITE}'. Ask one of them.",
        target=compute.name,
    )


async def require_copy(services: Services, caller: Principal, compute: Compute, copy: str) -> None:
    """Let pass who may have a copy of the instance, home and all.

    That is its owner, its assigned user, and who holds :data:`CLONE` and may assign roles there: a
    copy is opened by whoever makes it, and roles such as Contributor do not open what is another's.

    :param copy: ARM id of the instance to be.
    :raises Forbidden: naming what is missing.
    """
    await services.identity.authorize(caller, READ, compute.arm_id)
    await services.identity.authorize(caller, WRITE, copy)
    if is_theirs(caller.id, owner_id=compute.owner_id, assigned_id=compute.assigned_id):
        return
    await services.identity.authorize(caller, CLONE, compute.arm_id)
    if not await services.identity.may(caller, ASSIGN_ROLE, compute.arm_id):
        raise Forbidden(
            f"A copy of compute '{compute.name}' holds the files of '{compute.owner_name}': it is "
            f"made by '{compute.owner_name}', or by an administrator who may do '{ASSIGN_ROLE}'. "
            "Ask one of them.",
            target=compute.name,
        )
