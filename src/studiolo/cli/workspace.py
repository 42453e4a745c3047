"""`studiolo workspace`: the verbs and flags of `az ml workspace`."""

import itertools
from typing import Annotated, Any

import typer

from studiolo.cli import fields
from studiolo.cli.errors import Group
from studiolo.cli.options import (
    FileOption,
    GroupFilter,
    GroupOption,
    LocationOption,
    MaxResults,
    NoWait,
    OutputOption,
    QueryOption,
    SetOption,
    TagsOption,
    WorkspaceName,
    Yes,
)
from studiolo.cli.output import Format, show
from studiolo.cli.session import session_of
from studiolo.cli.waiting import progress
from studiolo.client.errors import ClientError, NotFoundError
from studiolo.client.studiolo import Studiolo

app = typer.Typer(cls=Group, no_args_is_help=True, help="Manage workspaces.")

_COLUMNS = {
    "Name": "name",
    "Group": "resourceGroup",
    "Location": "location",
    "Description": "description",
    "State": "provisioning_state",
}

_PROPERTIES = {
    "display_name": "friendlyName",
    "description": "description",
    "hbi_workspace": "hbiWorkspace",
    "public_network_access": "publicNetworkAccess",
    "application_insights": "applicationInsights",
    "container_registry": "containerRegistry",
    "key_vault": "keyVault",
    "storage_account": "storageAccount",
    "image_build_compute": "imageBuildCompute",
}
"""Azure's workspace YAML -> REST property."""

_OTHER_FIELDS = {"$schema", "name", "location", "tags", "resource_group"}


def _from_resource(resource: dict[str, Any]) -> dict[str, Any]:
    """A workspace as Azure's CLI prints it."""
    properties = resource.get("properties") or {}
    shown = {
        "name": resource.get("name"),
        "location": resource.get("location"),
        **{key: properties.get(wire) for key, wire in _PROPERTIES.items()},
        "tags": resource.get("tags") or None,
        "provisioning_state": properties.get("provisioningState"),
        "mlflow_tracking_uri": properties.get("mlFlowTrackingUri"),
        "id": resource.get("id"),
        "resourceGroup": _group_in(str(resource.get("id", ""))),
    }
    return fields.without_none(shown)


def _group_in(arm_id: str) -> str | None:
    segments = arm_id.split("/")
    return segments[4] if len(segments) > 4 else None


def _properties(data: dict[str, Any]) -> dict[str, Any]:
    unknown = sorted(set(data) - set(_PROPERTIES) - _OTHER_FIELDS)
    if unknown:
        raise ClientError(
            f"{', '.join(unknown)}: not a field of a workspace that Studiolo offers.",
            code="ValidationError",
            target=unknown[0],
        )
    return {wire: data[key] for key, wire in _PROPERTIES.items() if data.get(key) is not None}


def region_of(studiolo: Studiolo, group: str, given: str | None) -> str:
    """Where a new workspace goes: as given, or where its group or the deployment is."""
    if given:
        return given
    try:
        return str(studiolo.group(group)["location"])
    except NotFoundError:
        return studiolo.default_location()


@app.command()
def create(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Name; wins over the file's.")
    ] = None,
    file: FileOption = None,
    group: GroupOption = None,
    location: LocationOption = None,
    display_name: Annotated[str | None, typer.Option("--display-name")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    tags: TagsOption = None,
    assignments: SetOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Create a workspace; its resource group is made if there is none."""
    session = session_of(context)
    data = fields.read_yaml(file)
    data |= fields.without_none(
        {
            "name": name,
            "location": location,
            "display_name": display_name,
            "description": description,
            "tags": fields.tags(tags) if tags else None,
        }
    )
    fields.assign(data, assignments or ())
    if not data.get("name"):
        raise typer.BadParameter("give a name, with --name or in the file", param_hint="--name")
    wanted_group = group or data.get("resource_group") or session.group(None)
    region = region_of(session.studiolo, wanted_group, data.get("location"))
    body = {"location": region, "properties": _properties(data), "tags": data.get("tags") or {}}
    session.studiolo.ensure_group(wanted_group, region)
    with progress(f"Creating workspace {data['name']}") as tell:
        made = session.studiolo.put_workspace(wanted_group, str(data["name"]), body, tell)
    show(_from_resource(made), output, _COLUMNS, query)


@app.command("list")
def list_workspaces(
    context: typer.Context,
    group: GroupFilter = None,
    max_results: MaxResults = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List workspaces, of one group or of all."""
    found = session_of(context).studiolo.workspaces(group)
    shown = [_from_resource(one) for one in itertools.islice(found, max_results)]
    show(shown, output, _COLUMNS, query)


@app.command("show")
def show_workspace(
    context: typer.Context,
    name: WorkspaceName,
    group: GroupOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Show one workspace."""
    session = session_of(context)
    found = session.studiolo.workspace(session.group(group), name)
    show(_from_resource(found), output, _COLUMNS, query)


@app.command()
def update(
    context: typer.Context,
    name: WorkspaceName,
    group: GroupOption = None,
    file: FileOption = None,
    display_name: Annotated[str | None, typer.Option("--display-name")] = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    tags: TagsOption = None,
    assignments: SetOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Change a workspace's description or tags."""
    data = fields.read_yaml(file)
    data |= fields.without_none(
        {
            "display_name": display_name,
            "description": description,
            "tags": fields.tags(tags) if tags else None,
        }
    )
    fields.assign(data, assignments or ())
    body: dict[str, Any] = {"properties": _properties(data)}
    if "tags" in data:
        body["tags"] = data["tags"]
    session = session_of(context)
    changed = session.studiolo.patch_workspace(session.group(group), name, body)
    show(_from_resource(changed), output, _COLUMNS, query)


@app.command()
def delete(
    context: typer.Context,
    name: WorkspaceName,
    group: GroupOption = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    _output: OutputOption = Format.NONE,
) -> None:
    """Delete a workspace with its computes."""
    if not yes:
        typer.confirm(f"Delete workspace '{name}' and all its computes?", abort=True)
    session = session_of(context)
    with progress(f"Deleting workspace {name}") as tell:
        session.studiolo.delete_workspace(
            session.group(group), name, wait=not no_wait, progress=tell
        )
