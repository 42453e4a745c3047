"""`locations/{l}/capabilities`: what a region can do, so that a client offers nothing it refuses.

Nothing is listed here twice: a feature is there if nothing refuses it. What this version refuses
is in `computes/unsupported.py`; of a region's engine the very functions are asked that refuse a
request; and what has routes of its own is there if they are.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.routing import iter_route_contexts

from studiolo.api.computes.abilities import require_step, snapshots_in, with_disks
from studiolo.api.computes.features import Feature
from studiolo.api.computes.joining import require_inside, require_networks
from studiolo.api.computes.lookup import WORKSPACE_PATH
from studiolo.api.computes.unsupported import ABSENT
from studiolo.api.deps import Provided, SignedIn
from studiolo.api.schema.base import Answer
from studiolo.api.services import Services
from studiolo.api.subscriptions.scope import known_location, known_subscription
from studiolo.domain.applications import APPLICATIONS
from studiolo.domain.disks import HOME_DISK
from studiolo.domain.errors import InvalidInput
from studiolo.domain.machine import Step
from studiolo.domain.resources import Principal
from studiolo.engines.base import Described, OnlineResize

router = APIRouter(tags=["locations"])

_PROVIDER = "Microsoft.MachineLearningServices"

Asked = Callable[[Services, str], object]
"""Called with a region's name; raises InvalidInput where it has not what is asked for."""


def _step(step: Step) -> Asked:
    return lambda services, location: require_step(services, location, step)


def _require_gpu(services: Services, location: str) -> None:
    catalogue = services.regions[location].catalogue
    with_some = [size for size in catalogue.sizes if size.gpus]
    least = min(with_some, key=lambda size: size.gpus, default=None)
    if least is None:
        raise InvalidInput(f"The region '{location}' has no size with a GPU.")
    catalogue.require(least.name)


def _require_online_resize(services: Services, location: str) -> None:
    if not isinstance(services.engines.get(location), OnlineResize):
        raise InvalidInput(f"Machines of the region '{location}' are stopped to be resized.")


OF_REGIONS: Mapping[Feature, Asked] = {
    Feature.CLONE: _step(Step.CLONE),
    Feature.DISK_SIZES: lambda services, at: with_disks(services, at, {HOME_DISK: 1}),
    Feature.GPU: _require_gpu,
    Feature.NO_PUBLIC_IP: require_inside,
    Feature.ONLINE_RESIZE: _require_online_resize,
    Feature.REIMAGE: _step(Step.REIMAGE),
    Feature.RESTORE: _step(Step.RESTORE),
    Feature.SNAPSHOTS: snapshots_in,
    Feature.VIRTUAL_NETWORKS: require_networks,
}
"""What one region has and another has not."""

ROUTES: Mapping[Feature, str] = {
    Feature.ENDPOINTS: f"{WORKSPACE_PATH}/onlineEndpoints",
    Feature.ENVIRONMENTS: f"{WORKSPACE_PATH}/environments",
    Feature.FILES: f"{WORKSPACE_PATH}/files",
    Feature.JOBS: f"{WORKSPACE_PATH}/jobs",
}
"""What is there as soon as its list is."""


class ApplicationOffered(Answer):
    """An application of every instance; `path` is where it opens below the instance's origin."""

    name: str
    display_name: str
    path: str


class Capabilities(Answer):
    """What a region can do.

    `engine` is `process`, `incus` or `fake`; `isolation` one sentence on what keeps machines apart;
    `features` says of each of :class:`Feature` whether it is there.
    """

    location: str
    engine: str | None
    isolation: str | None
    applications: list[ApplicationOffered]
    features: dict[Feature, bool]


@router.get(
    f"/subscriptions/{{subscription}}/providers/{_PROVIDER}/locations/{{location}}/capabilities"
)
async def get_capabilities(
    _caller: Annotated[Principal, Depends(SignedIn())],
    request: Request,
    services: Provided,
    subscription: str,
    location: str,
) -> Capabilities:
    """What a region can do. As its sizes, whoever is signed in may read it."""
    known_subscription(services, subscription)
    region = known_location(services, location, f"{_PROVIDER}/locations")
    engine = services.engines[region]
    about = engine.about if isinstance(engine, Described) else None
    paths = [each.path for each in iter_route_contexts(request.app.routes) if each.path]
    return Capabilities(
        location=region,
        engine=about.kind if about else None,
        isolation=about.isolation if about else None,
        applications=[
            ApplicationOffered(name=each.name, display_name=each.display_name, path=each.path)
            for each in APPLICATIONS
        ],
        features={each: _has(services, region, paths, each) for each in Feature},
    )


def _has(services: Services, location: str, paths: Sequence[str], feature: Feature) -> bool:
    if feature in ROUTES:
        return ROUTES[feature] in paths
    if feature in ABSENT:
        return False
    asked = OF_REGIONS.get(feature)
    try:
        if asked is not None:
            asked(services, location)
    except InvalidInput:
        return False
    return True
