"""Azure's actions on a compute instance that this version does not have, refused by name."""

from typing import Annotated

from fastapi import APIRouter, Depends

from studiolo.api.computes.lookup import COMPUTE_PATH
from studiolo.api.computes.unsupported import REFUSED_ACTIONS, RefusedAction
from studiolo.api.deps import authorized
from studiolo.domain.resources import Principal

router = APIRouter(tags=["computes"])

_ACTION = "Microsoft.MachineLearningServices/workspaces/computes"


def _refuse(action: RefusedAction) -> None:
    """Add the route of an action whose only answer is that there is none."""
    right = f"{_ACTION}/{action.name}/action"

    @router.post(
        f"{COMPUTE_PATH}/{action.name}", name=f"{action.name}_compute", include_in_schema=False
    )
    async def refuse(_caller: Annotated[Principal, Depends(authorized(right))]) -> None:
        raise action.error()


for _each in REFUSED_ACTIONS:
    _refuse(_each)
