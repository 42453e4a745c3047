"""Virtual networks and subnets (`Microsoft.Network`). Every write is done when it answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from studiolo.client.http import Http, Json

if TYPE_CHECKING:
    from studiolo.client.studiolo import Studiolo

NETWORK_VERSION = "2024-07-01"
_NETWORKS = "providers/Microsoft.Network/virtualNetworks"


class Networks:
    """The virtual networks that one caller sees."""

    def __init__(self, studiolo: "Studiolo") -> None:
        self._studiolo = studiolo
        self._http: Http = studiolo.http

    def path(self, group: str, name: str) -> str:
        """ARM id of a virtual network."""
        return f"{self._studiolo.group_path(group)}/{_NETWORKS}/{quote(name, safe='')}"

    def all(self, group: str | None = None) -> Iterator[Json]:
        """Every virtual network of a group, or of the subscription."""
        parent = self._studiolo.group_path(group) if group else self._studiolo.base
        return self._http.pages(f"{parent}/{_NETWORKS}", version=NETWORK_VERSION)

    def show(self, group: str, name: str) -> Json:
        """One virtual network."""
        return self._http.json("GET", self.path(group, name), version=NETWORK_VERSION)

    def put(self, group: str, name: str, body: Mapping[str, Any]) -> Json:
        """Create or replace a virtual network; without `subnets` it keeps those it has."""
        return self._http.json("PUT", self.path(group, name), version=NETWORK_VERSION, body=body)

    def delete(self, group: str, name: str) -> None:
        """Delete a virtual network; where there is none, nothing happens."""
        self._http.send("DELETE", self.path(group, name), version=NETWORK_VERSION)

    def subnets(self, group: str, network: str) -> "Subnets":
        """The subnets of a virtual network."""
        return Subnets(self._http, self.path(group, network))


class Subnets:
    """The subnets of one virtual network."""

    def __init__(self, http: Http, network_path: str) -> None:
        self._http = http
        self._base = f"{network_path}/subnets"

    def path(self, name: str) -> str:
        """ARM id of a subnet."""
        return f"{self._base}/{quote(name, safe='')}"

    def all(self) -> Iterator[Json]:
        """Every subnet, by name."""
        return self._http.pages(self._base, version=NETWORK_VERSION)

    def show(self, name: str) -> Json:
        """One subnet."""
        return self._http.json("GET", self.path(name), version=NETWORK_VERSION)

    def put(self, name: str, prefixes: Sequence[str]) -> Json:
        """Create a subnet, or give one that no instance is in other addresses."""
        url, body = self.path(name), {"properties": prefixes_of_subnet(prefixes)}
        return self._http.json("PUT", url, version=NETWORK_VERSION, body=body)

    def delete(self, name: str) -> None:
        """Delete a subnet; where there is none, nothing happens."""
        self._http.send("DELETE", self.path(name), version=NETWORK_VERSION)


def prefixes_of_subnet(prefixes: Sequence[str]) -> Json:
    """A subnet's addresses as Azure's clients send them: one alone has a field of its own."""
    one = len(prefixes) == 1
    return {"addressPrefix": prefixes[0]} if one else {"addressPrefixes": list(prefixes)}
