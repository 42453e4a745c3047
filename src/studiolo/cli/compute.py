"""`studiolo compute`: the verbs and flags of `az ml compute`."""

import itertools
from typing import Annotated, Any

import typer

from studiolo.cli import fields, renewal, snapshot
from studiolo.cli.errors import Group
from studiolo.cli.options import (
    ComputeName,
    FileOption,
    GroupOption,
    HomeDisk,
    LocationOption,
    MaxResults,
    NoWait,
    OutputOption,
    PublicAddress,
    QueryOption,
    RootDisk,
    SetOption,
    SizeOption,
    TagsOption,
    WorkspaceOption,
    Yes,
    complete_compute,
)
from studiolo.cli.output import COMPUTE_COLUMNS, Format, notes, show
from studiolo.cli.session import Session, session_of
from studiolo.cli.waiting import progress, state_of
from studiolo.client.compute_file import to_body
from studiolo.client.compute_view import from_resource
from studiolo.client.errors import ClientError

app = typer.Typer(cls=Group, no_args_is_help=True, help="Manage compute instances.")
app.add_typer(snapshot.app, name="snapshot")

_IMAGE_COLUMN = {"Image": "os_image_metadata.current_image_version"}
_SIZE_COLUMNS = {
    "Name": "name",
    "Family": "family",
    "vCPUs": "vCPUs",
    "Memory GiB": "memoryGB",
    "GPUs": "gpus",
}
_USAGE_COLUMNS = {
    "Name": "name.localizedValue || name.value",
    "Used": "currentValue",
    "Limit": "limit",
    "Unit": "unit",
}


@app.command()
def create(
    context: typer.Context,
    name: Annotated[
        str | None, typer.Option("--name", "-n", help="Name; wins over the file's.")
    ] = None,
    file: FileOption = None,
    kind: Annotated[
        str | None, typer.Option("--type", "-t", help="computeinstance, the only type offered.")
    ] = None,
    size: SizeOption = None,
    home_disk: HomeDisk = None,
    root_disk: RootDisk = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    tags: TagsOption = None,
    ssh_key: Annotated[str | None, typer.Option("--ssh-key-value", help="Public key.")] = None,
    ssh_public: Annotated[bool | None, typer.Option("--ssh-public-access-enabled")] = None,
    public_ip: PublicAddress = None,
    vnet: Annotated[
        str | None, typer.Option("--vnet-name", help="Virtual network of the subnet.")
    ] = None,
    subnet: Annotated[
        str | None, typer.Option("--subnet", help="Name of the subnet to be in, or its whole id.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user-object-id", help="Assigned user.")] = None,
    tenant: Annotated[str | None, typer.Option("--user-tenant-id")] = None,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    location: LocationOption = None,
    assignments: SetOption = None,
    no_wait: NoWait = False,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Create a compute instance, from flags or a YAML file, and wait until it runs."""
    data = fields.read_yaml(file)
    given: dict[str, Any] = {
        "name": name,
        "type": kind,
        "size": size,
        "home_disk_size_gib": home_disk,
        "root_disk_size_gib": root_disk,
        "description": description,
        "tags": fields.tags(tags) if tags else None,
        "location": location,
        "ssh_settings": {"ssh_key_value": ssh_key} if ssh_key else None,
        "ssh_public_access_enabled": ssh_public,
        "enable_node_public_ip": public_ip.means if public_ip else None,
        "create_on_behalf_of": (
            fields.without_none({"user_object_id": user, "user_tenant_id": tenant})
            if user or tenant
            else None
        ),
    }
    data |= fields.without_none(given)
    if vnet or subnet:
        said = fields.without_none({"vnet_name": vnet, "subnet": subnet})
        data["network_settings"] = {**(data.get("network_settings") or {}), **said}
    fields.assign(data, assignments or ())
    if not data.get("name"):
        raise typer.BadParameter("give a name, with --name or in the file", param_hint="--name")
    session = session_of(context)
    created = _put(session, data, group, workspace, wait=not no_wait)
    show(from_resource(created), output, COMPUTE_COLUMNS, query)


def _put(
    session: Session, data: dict[str, Any], group: str | None, workspace: str | None, *, wait: bool
) -> dict[str, Any]:
    """Send a compute's YAML; returns the compute as it is afterwards."""
    studiolo, computes = session.studiolo, session.computes(group, workspace)
    home = studiolo.workspace(session.group(group), session.workspace(workspace))
    body = to_body(data, str(home["location"]), studiolo.group_path(session.group(group)))
    name = str(data["name"])
    with progress(f"Creating {name}", lambda: state_of(computes, name)) as tell:
        return computes.put(name, body, wait=wait, progress=tell)


@app.command("list")
def list_computes(
    context: typer.Context,
    kind: Annotated[str | None, typer.Option("--type", "-t", help="Only this type.")] = None,
    max_results: MaxResults = None,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the computes of a workspace."""
    found = session_of(context).computes(group, workspace).all()
    if kind and kind.lower() != "computeinstance":
        found = iter(())
    shown = [from_resource(one) for one in itertools.islice(found, max_results)]
    show(shown, output, COMPUTE_COLUMNS, query)


@app.command("show")
def show_compute(
    context: typer.Context,
    name: ComputeName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Show one compute."""
    found = from_resource(session_of(context).computes(group, workspace).show(name))
    show(found, output, {**COMPUTE_COLUMNS, **_IMAGE_COLUMN}, query)
    image = found.get("os_image_metadata", {})
    if image.get("is_latest_os_image_version") is False:
        notes().print(f"A newer image exists: {image['latest_image_version']}.", soft_wrap=True)


def _offer(verb: str, phrase: str, told: str) -> None:
    """Add the command `verb`, which asks for a compute's action of that name and waits for it."""

    @app.command(verb, help=told)
    def act(
        context: typer.Context,
        name: ComputeName,
        group: GroupOption = None,
        workspace: WorkspaceOption = None,
        no_wait: NoWait = False,
        _output: OutputOption = Format.NONE,
    ) -> None:
        computes = session_of(context).computes(group, workspace)
        with progress(f"{phrase} {name}", lambda: state_of(computes, name)) as tell:
            computes.act(name, verb, wait=not no_wait, progress=tell)


_offer("start", "Starting", "Start a stopped compute.")
_offer("stop", "Stopping", "Stop a compute; its disk is kept.")
_offer("restart", "Restarting", "Stop a compute and start it again.")

app.command()(renewal.resize)
app.command()(renewal.clone)
app.command()(renewal.reimage)


@app.command()
def delete(
    context: typer.Context,
    name: ComputeName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    yes: Yes = False,
    no_wait: NoWait = False,
    _output: OutputOption = Format.NONE,
) -> None:
    """Delete a compute and its disk. The workspace's file share is kept."""
    if not yes:
        typer.confirm(f"Delete compute '{name}' and everything on its own disk?", abort=True)
    computes = session_of(context).computes(group, workspace)
    with progress(f"Deleting {name}", lambda: state_of(computes, name)) as tell:
        computes.delete(name, wait=not no_wait, progress=tell)


@app.command()
def update(
    context: typer.Context,
    name: ComputeName,
    file: FileOption = None,
    description: Annotated[str | None, typer.Option("--description")] = None,
    tags: TagsOption = None,
    assignments: SetOption = None,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Change a compute's description, tags or idle shutdown. Its size and disks: `resize`."""
    changes = fields.read_yaml(file)
    given = {"description": description, "tags": fields.tags(tags) if tags else None}
    changes |= fields.without_none(given)
    if not changes and not assignments:
        raise typer.BadParameter("say what to change, with --set, --tags or --file")
    computes = session_of(context).computes(group, workspace)
    current = computes.show(name)
    body = fields.changed(current, changes, assignments or ())
    with progress(f"Updating {name}") as tell:
        updated = computes.put(name, body, progress=tell)
    show(from_resource(updated), output, COMPUTE_COLUMNS, query)


@app.command("list-sizes")
def list_sizes(
    context: typer.Context,
    location: LocationOption = None,
    kind: Annotated[str | None, typer.Option("--type", "-t", help="Only this type.")] = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the compute sizes of a region."""
    session = session_of(context)
    sizes = session.studiolo.sizes(session.location(location))
    if kind:
        sizes = [one for one in sizes if _offers(one, kind)]
    show(sizes, output, _SIZE_COLUMNS, query)


def _offers(size: dict[str, Any], kind: str) -> bool:
    return kind.lower() in {str(one).lower() for one in size.get("supportedComputeTypes", [])}


@app.command("list-usage")
def list_usage(
    context: typer.Context,
    location: LocationOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List a region's quota and what is used of it."""
    session = session_of(context)
    show(session.studiolo.usages(session.location(location)), output, _USAGE_COLUMNS, query)


@app.command("list-nodes")
def list_nodes(
    context: typer.Context,
    name: ComputeName,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the nodes of a compute."""
    nodes = session_of(context).computes(group, workspace).nodes(name)
    show(nodes, output, {}, query)


@app.command()
def logs(
    context: typer.Context,
    name: ComputeName,
    log: Annotated[
        str | None, typer.Argument(help="Which log; without it the logs there are.")
    ] = None,
    tail: Annotated[int, typer.Option("--tail", min=1, help="Last so many lines.")] = 200,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """Print a log of a compute: agent, jupyter, ..."""
    computes = session_of(context).computes(group, workspace)
    if log is None:
        show(computes.logs(name), output, {"Log": "name"})
    else:
        typer.echo(computes.log(name, log, tail=tail), nl=False)


@app.command("open")
def open_compute(
    context: typer.Context,
    name: Annotated[
        str | None,
        typer.Argument(help="Name of the compute.", autocompletion=complete_compute),
    ] = None,
    option: Annotated[
        str | None, typer.Option("--name", "-n", autocompletion=complete_compute, hidden=True)
    ] = None,
    group: GroupOption = None,
    workspace: WorkspaceOption = None,
    output: OutputOption = Format.TABLE,
) -> None:
    """Print where a compute's applications open in a browser."""
    wanted = name or option
    if not wanted:
        raise typer.BadParameter("give the name of a compute", param_hint="NAME")
    found = session_of(context).computes(group, workspace).show(wanted)
    inner = found["properties"]["properties"]
    if inner.get("state") != "Running":
        notes().print(f"{wanted} is {inner.get('state')}: its applications open once it runs.")
    applications = inner.get("applications") or []
    if not applications:
        raise ClientError(f"Compute '{wanted}' offers no application.", code="NoApplications")
    show(applications, output, {"Application": "displayName", "URL": "endpointUri"})
