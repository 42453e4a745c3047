"""Deployments of templates, by the bodies that the SDK and az send."""

import json
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.support.api import ORIGIN, SUBSCRIPTION, Api, a_body
from tests.support.arm import GROUP, PROVIDER, RESOURCES_VERSION, open_arm, settle

from studiolo.domain.states import Event

DATA = Path(__file__).parent.parent / "sdk" / "data"
BASE = f"{GROUP}/providers/Microsoft.Resources/deployments"
COMPUTE = "Microsoft.MachineLearningServices/workspaces/computes"


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    async with open_arm(tmp_path) as api:
        yield api


def sdk_body(**parameters):
    """What `MLClient.workspaces.begin_create` sends; its template is read from the SDK itself."""
    given = json.loads((DATA / "workspace-parameters.json").read_text())
    given |= {name: {"value": value} for name, value in parameters.items()}
    sdk = find_spec("azure.ai.ml")  # finds it without importing it, which takes seconds
    assert sdk is not None
    assert sdk.origin is not None
    folder = Path(sdk.origin).parent / "_arm_deployments" / "arm_templates"
    template = json.loads((folder / "workspace_base.json").read_text())
    return {"properties": {"template": template, "parameters": given, "mode": "incremental"}}


def body_of(*resources, parameters=None, **sections):
    template = {"contentVersion": "1.0.0.0", "resources": list(resources)} | sections
    properties = {"template": template, "mode": "Incremental"}
    if parameters is not None:
        properties["parameters"] = parameters
    return {"properties": properties}


def compute(name, **fields):
    whole = {"type": COMPUTE, "apiVersion": "2023-08-01-preview", "name": name}
    return whole | a_body() | fields


def workspace(name, **fields):
    whole = {"type": COMPUTE.rpartition("/")[0], "apiVersion": "2024-04-01", "name": name}
    return whole | {"location": "[resourceGroup().location]", "properties": {}} | fields


async def deploy(api, body, name="dep1", who="ann"):
    return await api.call("PUT", f"{BASE}/{name}", body=body, version="2020-06-01", who=who)


async def test_sdks_template_makes_the_workspace_and_nothing_it_would_only_pretend(api):
    reply = await deploy(api, sdk_body())
    assert reply.status_code == 201, reply.text
    status = reply.headers["azure-asyncoperation"]
    assert status.startswith(f"{ORIGIN}{BASE}/dep1/operationStatuses/")
    assert (await api.call("GET", status, version=None)).json() == {"status": "Succeeded"}
    done = (await api.call("GET", f"{BASE}/dep1")).json()["properties"]
    made = f"{GROUP}/{PROVIDER}/newws1"
    assert done["provisioningState"] == "Succeeded"
    assert done["outputResources"] == [{"id": made}]
    seen = (await api.call("GET", made)).json()
    assert seen["properties"]["friendlyName"] == "x"
    assert seen["tags"] == {"createdByToolkit": "sdk-v2-1.35.2"}
    for reference in ("storageAccount", "keyVault", "applicationInsights", "containerRegistry"):
        assert reference not in seen["properties"]


async def test_sdks_client_reads_the_operations_by_the_older_path(api):
    await deploy(api, sdk_body())
    for path in (f"{GROUP}/deployments/dep1/operations", f"{BASE}/dep1/operations"):
        (operation,) = (await api.call("GET", path, version="2020-06-01")).json()["value"]
        assert operation["operationId"] == "1"
        properties = operation["properties"]
        assert properties["targetResource"]["resourceName"] == "newws1"
        assert properties["provisioningState"] == "Succeeded"
        assert properties["statusCode"] == "Created"
        assert properties["duration"].startswith("PT")


async def test_sdks_template_keeps_references_to_what_exists_elsewhere(api):
    body = sdk_body(storageAccountOption="existing", storageAccountName="mine")
    await deploy(api, body)
    seen = (await api.call("GET", f"{GROUP}/{PROVIDER}/newws1")).json()["properties"]
    assert seen["storageAccount"] == f"{GROUP}/providers/Microsoft.Storage/storageAccounts/mine"
    assert "keyVault" not in seen


@pytest.mark.parametrize(
    ("parameters", "part"),
    [
        ({"kind": "hub"}, "kind"),
        ({"publicNetworkAccess": "Disabled"}, "publicNetworkAccess"),
        ({"confidential_data": "true"}, "hbiWorkspace"),
        ({"encryption_status": "Enabled"}, "encryption"),
        ({"privateEndpointType": "AutoApproval"}, "Microsoft.Resources/deployments"),
        ({"managedNetwork": {"isolationMode": "AllowInternetOutbound"}}, "managedNetwork"),
        ({"vnetOption": "new", "subnetOption": "new"}, "serviceEndpoints"),
        ({"kind": "featurestore"}, "ManagedIdentity"),
        ({"workspaceName": "-x"}, "workspace name"),
        ({"location": "mars"}, "location"),
    ],
)
async def test_what_the_sdk_asks_for_and_is_not_done_is_refused_by_name(api, parameters, part):
    before = await api.dump()
    if parameters.get("kind") == "featurestore":
        parameters = parameters | {"materializationIdentityOption": "new"}
    reply = await deploy(api, sdk_body(**parameters))
    assert reply.status_code == 400
    assert part in reply.text
    assert await api.dump() == before


async def test_sdks_template_makes_the_virtual_network_that_it_is_asked_for(api):
    reply = await deploy(api, sdk_body(vnetOption="new", vnetName="lab"))
    assert reply.status_code == 201, reply.text
    made = await api.call("GET", f"{GROUP}/providers/Microsoft.Network/virtualNetworks/lab")
    assert made.json()["properties"]["addressSpace"]["addressPrefixes"] == ["10.0.0.0/16"]


async def test_az_sends_a_template_with_an_unquoted_key(api):
    content = (DATA / "az-deployment.txt").read_bytes()
    with pytest.raises(ValueError, match="property name"):
        json.loads(content)
    headers = {"Content-Type": "application/json"}
    path = f"{BASE}/dep1".replace("resourceGroups", "resourcegroups")
    for action in ("/validate", "", "/whatIf"):
        reply = await api.call(
            "POST" if action else "PUT",
            f"{path}{action}",
            content=content,
            headers=headers,
            version="2025-04-01",
        )
        assert reply.status_code in {200, 201}, reply.text
    stored = await api.stored("foo")
    assert stored is not None
    assert stored.size == "Standard_DS3_v2"


async def test_body_that_is_broken_otherwise_is_refused(api):
    headers = {"Content-Type": "application/json"}
    for content in (b'{"properties": {template:{}', b"{template:", b'{"a": 1,, template:{}}'):
        reply = await api.call("PUT", f"{BASE}/d", content=content, headers=headers)
        assert reply.json()["error"]["code"] == "InvalidRequestContent"


async def test_template_makes_a_workspace_and_a_compute_in_one_write(api):
    body = body_of(
        compute("[concat(parameters('ws'), '/', variables('ci'))]"),
        workspace("[parameters('ws')]", tags={"made-by": "[deployment().name]"}),
        parameters={"ws": {"value": "vision"}},
        variables={"ci": "[format('{0}-ci', 'alice')]"},
        outputs={"id": {"type": "string", "value": "[variables('ci')]"}},
    )
    body["properties"]["template"]["parameters"] = {"ws": {"type": "string"}}
    reply = await deploy(api, body)
    assert reply.status_code == 201, reply.text
    assert reply.json()["properties"]["provisioningState"] == "Running"
    assert "outputs" not in reply.json()["properties"]
    status = reply.headers["azure-asyncoperation"]
    assert (await api.call("GET", status, version=None)).json()["status"] == "Running"
    async with api.services.database.reading() as tx:
        vision = await tx.workspaces.get(SUBSCRIPTION, "rg1", "vision")
    assert vision is not None
    assert vision.tags == {"made-by": "dep1"}
    made = await api.stored("alice-ci", vision)
    assert made is not None
    await finish(api, vision, Event.READY)
    assert (await api.call("GET", status, version=None)).json()["status"] == "Succeeded"
    done = (await api.call("GET", f"{BASE}/dep1")).json()["properties"]
    assert done["outputs"] == {"id": {"type": "string", "value": "alice-ci"}}
    assert [each["id"] for each in done["outputResources"]] == [vision.arm_id, made.arm_id]


async def finish(api, workspace, event):
    api.workspace, before = workspace, api.workspace
    await api.move("alice-ci", event)
    api.workspace = before


async def test_deployment_fails_when_a_compute_does_and_says_why(api):
    reply = await deploy(api, body_of(compute("ws1/alice-ci")))
    await finish(api, api.workspace, Event.FAILED)
    status = (await api.call("GET", reply.headers["azure-asyncoperation"], version=None)).json()
    assert status["status"] == "Failed"
    assert status["error"]["code"] == "DeploymentFailed"
    assert "alice-ci" in status["error"]["message"]
    (operation,) = (await api.call("GET", f"{BASE}/dep1/operations")).json()["value"]
    assert operation["properties"]["provisioningState"] == "Failed"


async def test_nothing_is_made_when_one_resource_cannot_be(api):
    before = await api.dump()
    too_much = [compute(f"vision/ci-{n}") for n in range(30)]
    reply = await deploy(api, body_of(workspace("vision"), *too_much))
    assert reply.json()["error"]["code"] == "QuotaExceeded"
    assert await api.dump() == before


async def test_validate_and_what_if_check_everything_and_change_nothing(api):
    await api.running("old")
    before = await api.dump()
    body = body_of(workspace("vision"), compute("vision/new"), compute("ws1/old"))
    checked = await api.call("POST", f"{BASE}/dep1/validate", body=body)
    assert checked.json()["properties"]["provisioningState"] == "Succeeded"
    changes = (await api.call("POST", f"{BASE}/dep1/whatIf", body=body)).json()["properties"][
        "changes"
    ]
    assert [each["changeType"] for each in changes] == ["Create", "Deploy", "Create"]
    assert await api.dump() == before
    body = body_of(*[compute(f"ws1/ci-{n}") for n in range(30)])
    refused = await api.call("POST", f"{BASE}/dep1/validate", body=body)
    assert refused.json()["error"]["code"] == "QuotaExceeded"
    assert await api.dump() == before


async def test_same_deployment_again_changes_nothing_and_needs_the_first_to_end(api):
    body = body_of(compute("ws1/alice-ci"))
    await deploy(api, body)
    again = await deploy(api, body)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "DeploymentActive")
    await finish(api, api.workspace, Event.READY)
    stored = await api.stored("alice-ci")
    again = await deploy(api, body)
    assert again.status_code == 200
    assert again.json()["properties"]["provisioningState"] == "Succeeded"
    assert await api.stored("alice-ci") == stored


async def test_template_gives_no_right_that_its_caller_has_not(api):
    assert (await deploy(api, body_of(), who="dan")).status_code == 403
    from uuid import uuid4

    from studiolo.domain.resources import PrincipalKind, RoleAssignment
    from studiolo.domain.roles import CONTRIBUTOR

    narrow = RoleAssignment(
        id=str(uuid4()),
        scope=f"{BASE}/dep1",
        role_definition=CONTRIBUTOR.id,
        principal=api.people["eve"].id,
        principal_kind=PrincipalKind.USER,
        created_at=api.now,
        created_by="x",
    )
    async with api.services.database.transaction() as tx:
        await tx.roles.add(narrow)
    before = await api.dump()
    reply = await deploy(api, body_of(workspace("vision")), who="eve")
    assert reply.status_code == 403
    assert "workspaces/write" in reply.json()["error"]["message"]
    assert await api.dump() == before


async def test_secure_parameters_are_never_shown_or_stored(api):
    body = body_of(parameters={"secret": {"value": "hunter2"}})
    body["properties"]["template"]["parameters"] = {"secret": {"type": "secureString"}}
    await deploy(api, body)
    assert "hunter2" not in (await api.call("GET", f"{BASE}/dep1")).text
    assert "hunter2" not in str(await api.dump())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"properties": {"mode": "Incremental"}}, "InvalidRequestContent"),
        ({"properties": {"templateLink": {"uri": "https://x"}}}, "InvalidRequestContent"),
        ({"properties": {"template": {"resources": []}, "mode": "Complete"}}, "InvalidParameter"),
        ({"properties": {"template": {"resources": []}, "onErrorDeployment": {"type": "x"}}},
         "InvalidParameter"),
        ({"properties": {"template": {"resources": []}}, "location": "local"}, "InvalidParameter"),
        (body_of({"type": "Microsoft.Storage/storageAccounts", "name": "s"}), "InvalidTemplate"),
        (body_of(compute("[reference('x').name]")), "InvalidTemplate"),
        (body_of(compute("ws1/ci", properties={"computeType": "AmlCompute"})), None),
        (body_of(workspace("vision", colour="red")), "InvalidTemplate"),
        (body_of(compute("nowhere/ci")), "ResourceNotFound"),
        (body_of(compute("ws1/x!")), None),
    ],
)  # fmt: skip
async def test_bad_deployment_is_refused_and_nothing_changes(api, body, code):
    before = await api.dump()
    reply = await deploy(api, body)
    assert 400 <= reply.status_code < 500
    if code:
        assert reply.json()["error"]["code"] == code
    assert await api.dump() == before


@pytest.mark.parametrize("name", ["x" * 65, "a b", "a:b"])
async def test_name_that_breaks_azures_rule_is_refused(api, name):
    assert (await deploy(api, body_of(), name=name)).json()["error"]["code"] == (
        "InvalidDeploymentName"
    )


async def test_list_head_and_delete(api):
    assert (await api.call("HEAD", f"{BASE}/dep1")).status_code == 404
    assert (await api.call("GET", f"{BASE}/dep1")).json()["error"]["code"] == "DeploymentNotFound"
    for n in range(3):
        await deploy(api, body_of(), name=f"dep{n}")
    first = (await api.call("GET", f"{BASE}?$top=2", version=RESOURCES_VERSION)).json()
    second = (await api.call("GET", first["nextLink"], version=None)).json()
    names = [each["name"] for each in first["value"] + second["value"]]
    assert names == ["dep0", "dep1", "dep2"]
    assert (await api.call("HEAD", f"{BASE}/dep1")).status_code == 204
    assert (await api.call("DELETE", f"{BASE}/dep1")).status_code == 204
    assert (await api.call("HEAD", f"{BASE}/dep1")).status_code == 404


async def test_deployments_go_with_their_group(api):
    await deploy(api, body_of())
    await api.call("DELETE", GROUP)
    refused = await deploy(api, body_of(), name="late")
    assert refused.json()["error"]["code"] == "ResourceGroupBeingDeleted"
    await settle(api)
    await api.call("PUT", GROUP, body={"location": "local"})
    assert (await api.call("GET", BASE)).json()["value"] == []
