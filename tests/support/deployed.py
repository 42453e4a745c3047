"""A real deployment with people and instances."""

import contextlib
import json
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self
from uuid import uuid4

import psutil

from studiolo.client.http import Http
from studiolo.client.local import Local
from studiolo.client.studiolo import Computes, Studiolo
from studiolo.client.transport import http_client
from studiolo.domain.alias import user_alias
from studiolo.domain.roles import CONTRIBUTOR
from tests.support.launched import Launched

GROUP, WORKSPACE, LOCATION = "studiolo", "main", "local"
"""What a new deployment starts with."""

PASSWORD = "a password of sixteen words"
SIZE = "Standard_DS2_v2"

_AUTHORIZATION = "providers/Microsoft.Authorization"
_AUTHORIZATION_VERSION = "2022-04-01"


@dataclass
class Person:
    """Somebody with an account.

    :param api: the API as they see it, or as the administrator.
    """

    name: str
    display_name: str
    api: Studiolo = field(repr=False)

    @property
    def alias(self) -> str:
        """Their folder's name on a share."""
        return user_alias(self.name)

    @property
    def computes(self) -> Computes:
        """The instances of the one workspace."""
        return self.api.computes(GROUP, WORKSPACE)

    def create(self, prefix: str, *, wait: bool = True) -> str:
        """Make an instance through the API; its name begins with `prefix`."""
        name = f"{prefix}-{uuid4().hex[:6]}"
        self.create_named(name, wait=wait)
        return name

    def create_named(self, name: str, *, wait: bool = True) -> None:
        """Make an instance of exactly this name."""
        properties = {"computeType": "ComputeInstance", "properties": {"vmSize": SIZE}}
        self.computes.put(name, {"location": LOCATION, "properties": properties}, wait=wait)

    def state(self, name: str) -> str:
        """An instance's state, as the API tells it."""
        return str(self.computes.show(name)["properties"]["properties"]["state"])


class Deployed(Launched):
    """`studiolo up` with process machines, which soon notices what happens to them."""

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process belong to this deployment."""
        return super().environment | {"STUDIOLO_RESYNC_SECONDS": "1"}

    @property
    def http(self) -> str:
        """The studio's origin for a browser."""
        return f"http://{self.settings.domain}:{self.http_port}"

    @property
    def https(self) -> str:
        """The same over TLS, with the deployment's own CA."""
        return self.settings.https_origin

    @property
    def printed_link(self) -> str:
        """The sign-in link that `up` showed."""
        found = re.search(r"http\S+/signin/link\?t=\S+", self.printed)
        assert found, self.printed
        return found[0]

    def client(self, token: str = "") -> Http:
        """Requests over https, trusting the deployment's CA."""
        root = self.home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return Http(http_client(self.https, root=root), token)

    def administrator(self) -> Studiolo:
        """The API as the first administrator."""
        granted = Local(self.settings.local_socket).access_token()
        return Studiolo(self.client(granted.token), granted.subscription)

    def person(self, name: str, display_name: str) -> Person:
        """Make somebody who may use and make instances."""
        administrator = self.administrator()
        body = {"name": name, "displayName": display_name, "password": PASSWORD}
        made = administrator.http.json("POST", "/auth/users", body=body)
        self.allow(made["id"], administrator.workspace_path(GROUP, WORKSPACE))
        sign_in = {"username": name, "password": PASSWORD}
        token = self.client().json("POST", "/auth/signin", body=sign_in)["token"]
        return Person(name, display_name, Studiolo(self.client(token), administrator.subscription))

    def allow(self, principal: str, scope: str) -> None:
        """Let somebody use and make instances at a scope and below."""
        administrator = self.administrator()
        role = f"{administrator.base}/{_AUTHORIZATION}/roleDefinitions/{CONTRIBUTOR.id}"
        administrator.http.json(
            "PUT",
            f"{scope}/{_AUTHORIZATION}/roleAssignments/{uuid4()}",
            version=_AUTHORIZATION_VERSION,
            body={"properties": {"roleDefinitionId": role, "principalId": principal}},
        )

    def link_for(self, person: Person) -> str:
        """A one-time sign-in link that the administrator makes."""
        made = self.administrator().http.json("POST", f"/auth/users/{person.name}/link")
        return self.http + str(made["link"]).removeprefix(self.https)

    def machine(self, name: str) -> Path:
        """Folder of an instance's machine."""
        found = [
            file.parent
            for file in (self.home / "machines").glob("*/machine.json")
            if f'"{name}"' in file.read_text()
        ]
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def application_token(self, name: str) -> str:
        """What Jupyter on an instance demands; the gateway adds it, and no browser sees it."""
        file = self.machine(name) / "state" / "agent" / "jupyter_server_config.json"
        secret = str(json.loads(file.read_text())["GatewayIdentity"]["secret"])
        return secret.removeprefix("token ")

    def share(self, person: Person) -> Path:
        """A person's own folder on the workspace's file share."""
        (found,) = (self.home / "shares").glob(f"*/Users/{person.alias}")
        return found

    @contextlib.contextmanager
    def serving(self) -> Iterator[Self]:
        """Up, and gone in the end with all that it made."""
        try:
            self.up()
            yield self
        finally:
            self.end()

    def end(self) -> None:
        """Delete every instance, end Studiolo, and end by its id whatever is left all the same."""
        try:
            computes = self.administrator().computes(GROUP, WORKSPACE)
            for compute in list(computes.all()):
                computes.delete(compute["name"])
        finally:
            self.cleanup()
            for process in self._left_of_machines():
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)

    def _left_of_machines(self) -> Iterator[psutil.Process]:
        folder = str(self.home / "machines")
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                told = [*process.cmdline(), process.environ().get("HOME", "")]
                if any(each.startswith(folder) for each in told):
                    yield process
