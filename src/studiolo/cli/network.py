"""`studiolo network vnet`: the verbs and flags of `az network vnet` and its subnets."""

import ipaddress
import itertools
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from studiolo.cli import fields
from studiolo.cli.errors import Group
from studiolo.cli.options import (
    GroupFilter,
    GroupOption,
    LocationOption,
    MaxResults,
    OutputOption,
    QueryOption,
    TagsOption,
)
from studiolo.cli.output import Format, show
from studiolo.cli.session import session_of
from studiolo.cli.waiting import progress
from studiolo.cli.workspace import region_of
from studiolo.client.networks import Subnets, prefixes_of_subnet

app = typer.Typer(cls=Group, no_args_is_help=True, help="Manage networks.")
vnet = typer.Typer(cls=Group, no_args_is_help=True, help="Manage virtual networks.")
subnet = typer.Typer(cls=Group, no_args_is_help=True, help="Manage subnets of a virtual network.")
app.add_typer(vnet, name="vnet")
vnet.add_typer(subnet, name="subnet")

NetworkName = Annotated[str, typer.Option("--name", "-n", help="Name of the virtual network.")]
NetworkOption = Annotated[str, typer.Option("--vnet-name", help="The virtual network.")]
SubnetName = Annotated[str, typer.Option("--name", "-n", help="Name of the subnet.")]
Prefixes = Annotated[
    list[str] | None,
    typer.Option("--address-prefixes", help="Addresses in CIDR notation, 'A B'. Repeatable."),
]

_COLUMNS = {
    "Name": "name",
    "Group": "resourceGroup",
    "Location": "location",
    "Addresses": "join(' ', addressSpace.addressPrefixes)",
    "Subnets": "join(' ', subnets[].name)",
    "State": "provisioningState",
}
_SUBNET_COLUMNS = {"Name": "name", "Addresses": "addressPrefix", "State": "provisioningState"}

_SPACE = "10.0.0.0/16"
"""What `az network vnet create` takes where nothing is said."""

_SUBNET_BITS = 24
"""`az` gives a subnet without addresses of its own the first /24 of its network's."""


@vnet.command()
def create(
    context: typer.Context,
    name: NetworkName,
    group: GroupOption = None,
    location: LocationOption = None,
    address_prefixes: Prefixes = None,
    subnet_name: Annotated[
        str | None, typer.Option("--subnet-name", help="A subnet to make with it.")
    ] = None,
    subnet_prefixes: Annotated[
        list[str] | None,
        typer.Option("--subnet-prefixes", help="Its addresses; the network's first /24."),
    ] = None,
    tags: TagsOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Create a virtual network, or replace one; without --subnet-name it keeps its subnets."""
    if subnet_prefixes and not subnet_name:
        raise typer.BadParameter("name the subnet as well", param_hint="--subnet-name")
    prefixes = _split(address_prefixes) or [_SPACE]
    properties: dict[str, Any] = {"addressSpace": {"addressPrefixes": prefixes}}
    if subnet_name:
        inside = prefixes_of_subnet(_split(subnet_prefixes) or [_first_subnet(prefixes[0])])
        properties["subnets"] = [{"name": subnet_name, "properties": inside}]
    session = session_of(context)
    wanted = session.group(group)
    body = {
        "location": region_of(session.studiolo, wanted, location),
        "tags": fields.tags(tags) if tags else {},
        "properties": properties,
    }
    with progress(f"Creating virtual network {name}"):
        made = session.studiolo.networks.put(wanted, name, body)
    show(_view(made), output, _COLUMNS, query)


@vnet.command("list")
def list_networks(
    context: typer.Context,
    group: GroupFilter = None,
    max_results: MaxResults = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List virtual networks, of one group or of all."""
    found = session_of(context).studiolo.networks.all(group)
    show([_view(one) for one in itertools.islice(found, max_results)], output, _COLUMNS, query)


@vnet.command("show")
def show_network(
    context: typer.Context,
    name: NetworkName,
    group: GroupOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Show one virtual network."""
    session = session_of(context)
    found = session.studiolo.networks.show(session.group(group), name)
    show(_view(found), output, _COLUMNS, query)


@vnet.command()
def delete(
    context: typer.Context,
    name: NetworkName,
    group: GroupOption = None,
    _output: OutputOption = Format.NONE,
) -> None:
    """Delete a virtual network that no instance is in, with its subnets."""
    session = session_of(context)
    with progress(f"Deleting virtual network {name}"):
        session.studiolo.networks.delete(session.group(group), name)


@subnet.command("create")
def create_subnet(
    context: typer.Context,
    network: NetworkOption,
    name: SubnetName,
    address_prefixes: Prefixes = None,
    group: GroupOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Create a subnet, or give one that no instance is in other addresses."""
    prefixes = _split(address_prefixes)
    if not prefixes:
        raise typer.BadParameter("say the subnet's addresses", param_hint="--address-prefixes")
    subnets = _subnets(context, group, network)
    with progress(f"Creating subnet {name}"):
        made = subnets.put(name, prefixes)
    show(_view(made), output, _SUBNET_COLUMNS, query)


@subnet.command("list")
def list_subnets(
    context: typer.Context,
    network: NetworkOption,
    group: GroupOption = None,
    max_results: MaxResults = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """List the subnets of a virtual network."""
    found = _subnets(context, group, network).all()
    show(
        [_view(one) for one in itertools.islice(found, max_results)], output, _SUBNET_COLUMNS, query
    )


@subnet.command("show")
def show_subnet(
    context: typer.Context,
    network: NetworkOption,
    name: SubnetName,
    group: GroupOption = None,
    output: OutputOption = Format.TABLE,
    query: QueryOption = None,
) -> None:
    """Show one subnet."""
    show(_view(_subnets(context, group, network).show(name)), output, _SUBNET_COLUMNS, query)


@subnet.command("delete")
def delete_subnet(
    context: typer.Context,
    network: NetworkOption,
    name: SubnetName,
    group: GroupOption = None,
    _output: OutputOption = Format.NONE,
) -> None:
    """Delete a subnet that no instance is in."""
    subnets = _subnets(context, group, network)
    with progress(f"Deleting subnet {name}"):
        subnets.delete(name)


def _subnets(context: typer.Context, group: str | None, network: str) -> Subnets:
    session = session_of(context)
    return session.studiolo.networks.subnets(session.group(group), network)


def _split(given: Sequence[str] | None) -> list[str]:
    """`az` takes several values after one flag; here they are one word, or the flag again."""
    return [each for some in given or () for each in some.split()]


def _first_subnet(prefix: str) -> str:
    try:
        space = ipaddress.IPv4Network(prefix)
    except ValueError:
        return prefix  # the server says what is wrong with it
    return f"{space.network_address}/{max(space.prefixlen, _SUBNET_BITS)}"


def _view(resource: dict[str, Any]) -> dict[str, Any]:
    """A resource as `az network` prints it: its properties beside its name."""
    shown = {key: value for key, value in resource.items() if key != "properties"}
    shown |= resource["properties"]
    if "subnets" in shown:
        shown["subnets"] = [_view(each) for each in shown["subnets"]]
    return shown | {"resourceGroup": str(resource["id"]).split("/")[4]}
