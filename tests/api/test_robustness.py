"""Whatever is sent, the answer is never that something broke."""

import string
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.api import a_body, open_api

from studiolo.api.arm.bodies import parse
from studiolo.api.catalogue import load_catalogue
from studiolo.api.computes import wanted
from studiolo.api.computes.models import ComputeBody, InstanceProperties
from studiolo.domain.errors import StudioloError

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["ComputeInstance", "local", "Standard_DS3_v2", "Enabled", "", "x" * 300])
)
FIELDS = st.sampled_from(
    [
        "properties",
        "location",
        "tags",
        "identity",
        "computeType",
        "description",
        *(field.alias or name for name, field in InstanceProperties.model_fields.items()),
        "assignedUser",
        "objectId",
        "__proto__",
        "id",
    ]
)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(FIELDS | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=25,
)


@st.composite
def nearly_right(draw: st.DrawFn) -> dict[str, Any]:
    """A right body with a few values replaced, which gets further than a random one."""
    body = a_body()
    for _ in range(draw(st.integers(1, 3))):
        place = body
        for step in draw(st.lists(st.just("properties"), max_size=2)):
            inner = place.get(step)
            place = inner if isinstance(inner, dict) else place
        place[draw(FIELDS)] = draw(JSON)
    return body


CATALOGUE = load_catalogue(Path("/nonexistent"))


@given(JSON | nearly_right(), st.booleans())
def test_no_json_breaks_the_reading_of_a_body(body: Any, creating: bool) -> None:
    try:
        read = wanted.read(parse(ComputeBody, body), CATALOGUE, creating=creating)
    except StudioloError as refusal:
        problem: StudioloError | None = refusal
    else:
        problem = None
        assert not creating or read.size is not None
    assert problem is None or (400 <= problem.status < 500 and problem.message)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    api = await open_api(tmp_path_factory.mktemp("robust"))
    yield api
    await api.services.database.close()


@pytest.mark.asyncio(loop_scope="module")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=JSON | nearly_right(), method=st.sampled_from(["PUT", "PATCH"]))
async def test_no_json_breaks_a_request(shared: Any, body: Any, method: str) -> None:
    try:
        reply = await shared.call(method, shared.compute("random"), body=body)
    except UnicodeEncodeError:
        return  # the client itself cannot send it
    assert reply.status_code < 500, reply.text
    if reply.status_code >= 400:
        assert {"code", "message"} <= reply.json()["error"].keys()


@pytest.mark.asyncio(loop_scope="module")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    tail=st.lists(st.text(max_size=12), min_size=1, max_size=4),
    query=st.text(alphabet=string.printable, max_size=30),
    method=st.sampled_from(["GET", "POST", "DELETE", "HEAD", "OPTIONS"]),
)
async def test_no_path_breaks_a_request(
    shared: Any, tail: list[str], query: str, method: str
) -> None:
    path = "/".join(quote(part, safe="") for part in tail)
    url = f"{shared.path}/{path}?{quote(query, safe='=&$')}"
    reply = await shared.call(method, url, version="2024-04-01")
    assert reply.status_code < 500, reply.text
