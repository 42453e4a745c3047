"""A deployment of several regions: what is made where, and what each region gives."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.api import ROUTERS, SUBSCRIPTION, Api, a_body, open_api

from studiolo.api.endpoints import Endpoints
from studiolo.api.subscriptions.endpoints import router as subscriptions
from studiolo.api.workspaces.endpoints import router as workspaces
from studiolo.domain.regions import Region
from studiolo.engines.fake import FakeEngine

WORKSPACES = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg1/providers/" + (
    "Microsoft.MachineLearningServices/workspaces"
)


@pytest.fixture
async def regional(tmp_path: Path, database_url: str) -> AsyncIterator[Api]:
    """The API with a second region, `lab`: no GPUs, and room for one small instance."""
    api = await open_api(tmp_path, database_url, routers=(*ROUTERS, workspaces, subscriptions))
    services = api.services
    lab = Region("lab", services.catalogue.with_gpus(0), total_vcpus=4, family_vcpus=4)
    engines = {**services.engines, "lab": FakeEngine(services.deployment.id)}
    api.services = replace(
        services,
        engines=engines,
        endpoints=Endpoints(engines),
        regions={**services.regions, "lab": lab},
    )
    api.app.state.services = api.services
    yield api
    await services.database.close()


async def make_workspace(api: Api, location: str) -> Any:
    body = {"location": location, "properties": {}}
    return await api.call("PUT", f"{WORKSPACES}/far", body=body)


async def make_compute(api: Api, name: str, **changes: Any) -> Any:
    body = a_body(**{"location": "lab", **changes})
    return await api.call("PUT", f"{WORKSPACES}/far/computes/{name}", body=body)


async def test_an_instance_is_made_in_the_region_of_its_workspace(regional: Api) -> None:
    assert (await make_workspace(regional, "Lab")).status_code in (200, 201)
    made = await make_compute(regional, "ci-1")
    assert made.status_code == 201, made.text
    assert made.json()["location"] == made.json()["properties"]["computeLocation"] == "lab"
    elsewhere = await make_compute(regional, "ci-2", location="local")
    assert elsewhere.status_code == 400
    assert "the region of its workspace: 'lab'" in elsewhere.json()["error"]["message"]


async def test_each_region_has_quotas_of_its_own(regional: Api) -> None:
    await make_workspace(regional, "lab")
    assert (await make_compute(regional, "ci-1")).status_code == 201
    refused = await make_compute(regional, "ci-2")
    assert refused.json()["error"]["code"] == "QuotaExceeded"
    assert (await regional.create("ci-2")).status_code == 201
    totals = {}
    for region in ("local", "lab"):
        rows = (await regional.call("GET", regional.location("usages", region))).json()["value"]
        totals[region] = (rows[0]["currentValue"], rows[0]["limit"])
    assert totals == {"local": (4, 100), "lab": (4, 4)}


async def test_a_size_is_had_only_where_there_are_gpus_for_it(regional: Api) -> None:
    await make_workspace(regional, "lab")
    refused = await make_compute(regional, "ci-1", vmSize="Standard_NC6s_v3")
    assert refused.json()["error"]["code"] == "SkuNotAvailable"
    assert (await regional.create("ci-1", vmSize="Standard_NC6s_v3")).status_code == 201


async def test_an_unknown_region_is_refused_with_those_there_are(regional: Api) -> None:
    refused = await make_workspace(regional, "moon")
    assert refused.json()["error"]["code"] == "LocationNotAvailableForResourceType"
    assert "There is: lab, local." in refused.json()["error"]["message"]
    sizes = await regional.call("GET", regional.location("vmSizes", "moon"))
    assert "There is: lab, local." in sizes.json()["error"]["message"]


async def test_regions_are_listed(regional: Api) -> None:
    path = f"/subscriptions/{SUBSCRIPTION}/locations"
    listed = await regional.call("GET", path, version="2022-12-01")
    assert [each["name"] for each in listed.json()["value"]] == ["lab", "local"]
