"""A whole deployment as a client on this machine meets it: over https, behind the real Caddy.

Built on :mod:`tests.support.launched`, which starts `studiolo up` with a home and ports of its own.
Beside it: an administrator's client, and a service principal for the unmodified Azure clients.
"""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from studiolo.client.local import Local
from studiolo.client.transport import http_client
from studiolo.domain.access import RoleDefinition
from tests.support.launched import Launched, until

_VERSION = "2024-10-01"


@dataclass(frozen=True)
class ServicePrincipal:
    """What azure-identity's ClientSecretCredential needs.

    :param object_id: who it is in role assignments.
    """

    tenant: str
    client: str
    secret: str
    object_id: str

    def __repr__(self) -> str:
        return f"ServicePrincipal(client={self.client!r})"


@dataclass(frozen=True)
class RunningDeployment:
    """A deployment that serves.

    :param client: speaks https to it as the first administrator.
    """

    launched: Launched
    client: httpx.Client
    subscription: str

    @property
    def root_certificate(self) -> Path:
        """PEM file of its internal CA."""
        return self.launched.home / "caddy" / "pki" / "authorities" / "local" / "root.crt"

    @property
    def api_origin(self) -> str:
        """The API under a name that Python's resolver knows."""
        return f"https://localhost:{self.launched.https_port}"

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """A request as the administrator; anything but success fails the test."""
        version = {} if path.startswith("/auth/") else {"api-version": _VERSION}
        reply = self.client.request(method, path, json=body, params=version)
        assert reply.is_success, f"{method} {path}: {reply.status_code} {reply.text}"
        return reply

    def service_principal(self, role: RoleDefinition, scope: str = "") -> ServicePrincipal:
        """A new service principal that holds `role` at `scope`, by default the subscription."""
        made = self.call("POST", "/auth/servicePrincipals", {"displayName": "tests"}).json()
        where = scope or f"/subscriptions/{self.subscription}"
        provider = "/providers/Microsoft.Authorization"
        definition = f"/subscriptions/{self.subscription}{provider}/roleDefinitions/{role.id}"
        self.call(
            "PUT",
            f"{where}{provider}/roleAssignments/{uuid.uuid4()}",
            {"properties": {"roleDefinitionId": definition, "principalId": made["id"]}},
        )
        return ServicePrincipal(made["tenantId"], made["appId"], made["clientSecret"], made["id"])

    def azure_environment(self, principal: ServicePrincipal) -> dict[str, str]:
        """Variables with which unmodified Azure clients find, trust and enter this deployment."""
        metadata = f"{self.api_origin}/metadata/endpoints?api-version=2019-05-01"
        return {
            "ARM_CLOUD_METADATA_URL": metadata,
            "REQUESTS_CA_BUNDLE": str(self.root_certificate),
            "AZURE_AUTHORITY_HOST": self.api_origin,
            "AZURE_TENANT_ID": principal.tenant,
            "AZURE_CLIENT_ID": principal.client,
            "AZURE_CLIENT_SECRET": principal.secret,
            "AZURE_SUBSCRIPTION_ID": self.subscription,
        }

    def delete_computes(self) -> None:
        """Delete every instance and wait until its machine is gone."""
        scope = f"/subscriptions/{self.subscription}"
        provider = "providers/Microsoft.MachineLearningServices/workspaces"
        for workspace in self.call("GET", f"{scope}/{provider}").json()["value"]:
            computes = f"{workspace['id']}/computes"
            for compute in self.call("GET", computes).json()["value"]:
                self.call("DELETE", compute["id"])
            until(lambda path=computes: not self.call("GET", path).json()["value"], "deletes")


@contextmanager
def running_deployment(engine: str = "fake") -> Iterator[RunningDeployment]:
    """Bring a deployment up for the block; afterwards nothing of it is left.

    :param engine: `fake`, or `process` for real machines.
    """
    # Not in pytest's tmp_path, which is too long for the sockets below it.
    home = Path(tempfile.mkdtemp(prefix="studiolo-t-"))
    launched = Launched(home, engine=engine)
    try:
        launched.up()
        granted = Local(launched.settings.local_socket).access_token()
        root = home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        with http_client(launched.settings.https_origin, root=root) as client:
            client.headers["Authorization"] = f"Bearer {granted.token}"
            running = RunningDeployment(launched, client, granted.subscription)
            try:
                yield running
            finally:
                running.delete_computes()
    finally:
        launched.cleanup()
        shutil.rmtree(home, ignore_errors=True)


__all__ = ["RunningDeployment", "ServicePrincipal", "running_deployment"]
