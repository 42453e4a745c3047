"""Azure's actions on a compute instance that this version does not have, refused by name."""

from typing import Annotated

from fastapi import APIRouter, Depends

from studiolo.api.computes import unsupported
from studiolo.api.computes.lookup import COMPUTE_PATH
from studiolo.api.deps import authorized
from studiolo.domain.resources import Principal

router = APIRouter(tags=["computes"])

_ACTION = "Microsoft.MachineLearningServices/workspaces/computes"


@router.post(f"{COMPUTE_PATH}/updateIdleShutdownSetting")
async def update_idle_shutdown(
    _caller: Annotated[
        Principal, Depends(authorized(f"{_ACTION}/updateIdleShutdownSetting/action"))
    ],
) -> None:
    """Idle shutdown."""
    raise unsupported.refuse("Idle shutdown", "idleTimeBeforeShutdown", "Stop it when it is idle.")


@router.post(f"{COMPUTE_PATH}/customServices")
async def update_custom_services(
    _caller: Annotated[Principal, Depends(authorized(f"{_ACTION}/customServices/action"))],
) -> None:
    """Custom applications."""
    raise unsupported.refuse(
        "A custom application", "customServices", "Jupyter and the terminal are there."
    )


@router.post(f"{COMPUTE_PATH}/updateDataMounts")
async def update_data_mounts(
    _caller: Annotated[Principal, Depends(authorized(f"{_ACTION}/updateDataMounts/action"))],
) -> None:
    """Data mounts."""
    raise unsupported.refuse(
        "Mounting data", "dataMounts", "The workspace's file share is in ~/cloudfiles."
    )


@router.post(f"{COMPUTE_PATH}/listKeys")
async def list_keys(
    _caller: Annotated[Principal, Depends(authorized(f"{_ACTION}/listKeys/action"))],
) -> None:
    """Keys, which other compute types have."""
    raise unsupported.refuse("Listing keys", "listKeys", "A compute instance has none.")
