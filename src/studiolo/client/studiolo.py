"""The API's resources, as the command line and the tests use them.

Replies are the JSON objects that the server sends; `compute_file.py` turns a compute into the shape
of Azure's YAML and back.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from studiolo.client.errors import NotFoundError
from studiolo.client.http import Http, Json, Progress
from studiolo.client.networks import Networks

ML_VERSION = "2024-10-01-preview"
COMPUTE_VERSION = "2023-08-01-preview"
RESOURCES_VERSION = "2022-09-01"
ACTIVITY_VERSION = "2015-04-01"
_ML = "providers/Microsoft.MachineLearningServices"


class Studiolo:
    """One deployment, seen by one caller.

    :param subscription: its id; asked for where it is not given.
    """

    def __init__(self, http: Http, subscription: str = "") -> None:
        self.http = http
        self._subscription = subscription

    @cached_property
    def subscription(self) -> str:
        """Id of the deployment's subscription."""
        if self._subscription:
            return self._subscription
        first = next(iter(self.http.pages("/subscriptions", version=RESOURCES_VERSION)))
        return str(first["subscriptionId"])

    @property
    def base(self) -> str:
        """ARM id of the subscription."""
        return f"/subscriptions/{self.subscription}"

    # resource groups

    def group_path(self, group: str) -> str:
        """ARM id of a resource group."""
        return f"{self.base}/resourceGroups/{quote(group, safe='')}"

    def put_group(self, group: str, location: str) -> Json:
        """Create a resource group, or change it; returns it."""
        body = {"location": location}
        return self.http.json("PUT", self.group_path(group), version=RESOURCES_VERSION, body=body)

    def group(self, group: str) -> Json:
        """A resource group."""
        return self.http.json("GET", self.group_path(group), version=RESOURCES_VERSION)

    def ensure_group(self, group: str, location: str) -> None:
        """Create the resource group unless it is there."""
        try:
            self.group(group)
        except NotFoundError:
            self.put_group(group, location)

    def default_location(self) -> str:
        """The deployment's first region."""
        path = f"{self.base}/locations"
        return str(next(iter(self.http.pages(path, version=RESOURCES_VERSION)))["name"])

    # workspaces

    def workspace_path(self, group: str, name: str) -> str:
        """ARM id of a workspace."""
        return f"{self.group_path(group)}/{_ML}/workspaces/{quote(name, safe='')}"

    def workspaces(self, group: str | None = None) -> Iterator[Json]:
        """Every workspace of a group, or of the subscription."""
        parent = self.group_path(group) if group else self.base
        return self.http.pages(f"{parent}/{_ML}/workspaces", version=ML_VERSION)

    def workspace(self, group: str, name: str) -> Json:
        """One workspace."""
        return self.http.json("GET", self.workspace_path(group, name), version=ML_VERSION)

    def put_workspace(
        self, group: str, name: str, body: Mapping[str, Any], progress: Progress | None = None
    ) -> Json:
        """Create or replace a workspace and wait for it; returns it."""
        path = self.workspace_path(group, name)
        response = self.http.send("PUT", path, version=ML_VERSION, body=body)
        self.http.wait(response, progress)
        return self.workspace(group, name)

    def patch_workspace(self, group: str, name: str, body: Mapping[str, Any]) -> Json:
        """Change some of a workspace's properties; returns it."""
        path = self.workspace_path(group, name)
        response = self.http.send("PATCH", path, version=ML_VERSION, body=body)
        self.http.wait(response)
        return self.workspace(group, name)

    def delete_workspace(
        self, group: str, name: str, *, wait: bool = True, progress: Progress | None = None
    ) -> None:
        """Delete a workspace."""
        path = self.workspace_path(group, name)
        response = self.http.send("DELETE", path, version=ML_VERSION)
        if wait:
            self.http.wait(response, progress)

    # regions

    def sizes(self, location: str) -> list[Json]:
        """Compute sizes of a region."""
        path = f"{self.base}/{_ML}/locations/{quote(location, safe='')}/vmSizes"
        return list(self.http.json("GET", path, version=COMPUTE_VERSION).get("value", []))

    def usages(self, location: str) -> list[Json]:
        """Quota of a region: one entry per family, and the total."""
        path = f"{self.base}/{_ML}/locations/{quote(location, safe='')}/usages"
        return list(self.http.pages(path, version=COMPUTE_VERSION))

    def members(self, location: str) -> "Members":
        """The members of a region's cluster."""
        return Members(self.http, f"{self.base}/{_ML}/locations/{quote(location, safe='')}/members")

    @property
    def networks(self) -> Networks:
        """Virtual networks."""
        return Networks(self)

    # what was done

    def activity(self, terms: Mapping[str, str], *, page: int) -> Iterator[Json]:
        """Lines of the activity log, newest first.

        :param terms: what the server's filter compares, `caller eq` for example, with what.
        :param page: how many to ask for at once.
        """
        quoted = {name: value.replace("'", "''") for name, value in terms.items()}
        filtered = " and ".join(f"{name} '{value}'" for name, value in quoted.items())
        query = {"$top": str(page), **({"$filter": filtered} if filtered else {})}
        path = f"{self.base}/providers/Microsoft.Insights/eventtypes/management/values"
        return self.http.pages(path, version=ACTIVITY_VERSION, query=query)

    def computes(self, group: str, workspace: str) -> "Computes":
        """The computes of a workspace."""
        return Computes(self.http, self.workspace_path(group, workspace))


class Computes:
    """The compute instances of one workspace."""

    def __init__(self, http: Http, workspace_path: str) -> None:
        self._http = http
        self._base = f"{workspace_path}/computes"

    def path(self, name: str) -> str:
        """ARM id of a compute."""
        return f"{self._base}/{quote(name, safe='')}"

    def all(self) -> Iterator[Json]:
        """Every compute, in the order of their names."""
        return self._http.pages(self._base, version=COMPUTE_VERSION)

    def show(self, name: str) -> Json:
        """One compute."""
        return self._http.json("GET", self.path(name), version=COMPUTE_VERSION)

    def put(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        wait: bool = True,
        progress: Progress | None = None,
    ) -> Json:
        """Create or replace a compute; returns it as it is afterwards."""
        response = self._http.send("PUT", self.path(name), version=COMPUTE_VERSION, body=body)
        if not wait:
            return dict(response.json())
        self._http.wait(response, progress)
        return self.show(name)

    def patch(self, name: str, body: Mapping[str, Any], progress: Progress | None = None) -> Json:
        """Change a compute; returns it."""
        response = self._http.send("PATCH", self.path(name), version=COMPUTE_VERSION, body=body)
        self._http.wait(response, progress)
        return self.show(name)

    def act(
        self,
        name: str,
        verb: str,
        body: Mapping[str, Any] | None = None,
        *,
        wait: bool = True,
        progress: Progress | None = None,
    ) -> None:
        """Start, stop, restart, resize or reimage a compute; `body` is what the verb needs."""
        url = f"{self.path(name)}/{verb}"
        response = self._http.send("POST", url, version=COMPUTE_VERSION, body=body)
        if wait:
            self._http.wait(response, progress)

    def clone(
        self,
        name: str,
        body: Mapping[str, Any],
        *,
        wait: bool = True,
        progress: Progress | None = None,
    ) -> Json:
        """Create a copy of a compute, called `body`'s name; returns it as it is afterwards."""
        url = f"{self.path(name)}/clone"
        response = self._http.send("POST", url, version=COMPUTE_VERSION, body=body)
        if not wait:
            return dict(response.json())
        self._http.wait(response, progress)
        return self.show(str(body["name"]))

    def snapshots(self, name: str) -> "Snapshots":
        """The snapshots of a compute."""
        return Snapshots(self._http, self.path(name))

    def delete(self, name: str, *, wait: bool = True, progress: Progress | None = None) -> None:
        """Delete a compute and its disk."""
        query = {"underlyingResourceAction": "Delete"}
        response = self._http.send("DELETE", self.path(name), version=COMPUTE_VERSION, query=query)
        if wait:
            self._http.wait(response, progress)

    def nodes(self, name: str) -> list[Json]:
        """The nodes of a compute."""
        reply = self._http.json("POST", f"{self.path(name)}/listNodes", version=COMPUTE_VERSION)
        return list(reply.get("nodes", []))

    def logs(self, name: str) -> list[Json]:
        """The logs there are: `name` and `bytes` of each."""
        reply = self._http.json("GET", f"{self.path(name)}/logs", version=COMPUTE_VERSION)
        return list(reply.get("value", []))

    def log(self, name: str, log: str, *, tail: int) -> str:
        """The last `tail` lines of a log."""
        url = f"{self.path(name)}/logs/{quote(log, safe='')}"
        query = {"tail": str(tail)}
        return self._http.send("GET", url, version=COMPUTE_VERSION, query=query).text


class Snapshots:
    """The snapshots of one compute instance."""

    def __init__(self, http: Http, compute_path: str) -> None:
        self._http = http
        self._base = f"{compute_path}/snapshots"

    def path(self, name: str) -> str:
        """ARM id of a snapshot."""
        return f"{self._base}/{quote(name, safe='')}"

    def all(self) -> list[Json]:
        """Every snapshot, oldest first."""
        return list(self._http.pages(self._base, version=COMPUTE_VERSION))

    def show(self, name: str) -> Json:
        """One snapshot."""
        return self._http.json("GET", self.path(name), version=COMPUTE_VERSION)

    def make(self, name: str) -> Json:
        """Keep what the compute is at this moment."""
        return self._http.json("PUT", self.path(name), version=COMPUTE_VERSION)

    def remove(self, name: str) -> None:
        """Forget a snapshot."""
        self._http.send("DELETE", self.path(name), version=COMPUTE_VERSION)

    def restore(self, name: str, *, wait: bool = True, progress: Progress | None = None) -> None:
        """Go back to a snapshot."""
        url = f"{self.path(name)}/restore"
        response = self._http.send("POST", url, version=COMPUTE_VERSION)
        if wait:
            self._http.wait(response, progress)


class Members:
    """The members of one region's cluster."""

    def __init__(self, http: Http, base: str) -> None:
        self._http = http
        self._base = base

    def all(self) -> Iterator[Json]:
        """Every member, by name; none where the region is a single host."""
        return self._http.pages(self._base, version=COMPUTE_VERSION)

    def show(self, name: str) -> Json:
        """One member."""
        url = f"{self._base}/{quote(name, safe='')}"
        return self._http.json("GET", url, version=COMPUTE_VERSION)

    def act(
        self, name: str, verb: str, *, wait: bool = True, progress: Progress | None = None
    ) -> None:
        """`evacuate` or `restore` a member."""
        url = f"{self._base}/{quote(name, safe='')}/{verb}"
        response = self._http.send("POST", url, version=COMPUTE_VERSION)
        if wait:
            self._http.wait(response, progress)
