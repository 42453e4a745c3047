"""What only the deployment's own user may ask, on `local.sock`.

The socket lies in a folder that nobody else can enter, so whoever opens it owns the deployment's
database and secrets already; no further proof is asked for.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from studiolo.client.errors import ConnectionFailed, error_of


@dataclass(frozen=True, slots=True)
class LocalToken:
    """A bearer token of the first administrator.

    :param user: their name.
    :param subscription: the deployment's, for clients that want to spare a look-up.
    :param id: by which a personal access token is revoked; empty for an access token.
    """

    token: str
    user: str
    subscription: str
    id: str = ""

    def __repr__(self) -> str:
        return f"LocalToken(user={self.user!r})"


class Local:
    """Calls to a control plane of this user on this machine.

    :raises ConnectionFailed: (every call) nothing listens on the socket.
    :raises ApiError: (every call) it refused.
    """

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def ping(self) -> None:
        """Returns when the control plane answers."""
        self._call("GET", "/local/ping")

    def sign_in_link(self) -> str:
        """A URL that signs the first administrator in, once."""
        return str(self._call("POST", "/local/sign-in-link")["url"])

    def access_token(self) -> LocalToken:
        """A token of the first administrator that lasts an hour and is stored nowhere."""
        return self._token("/local/access-token")

    def personal_token(self) -> LocalToken:
        """A new personal access token of the first administrator, for the command line."""
        return self._token("/local/personal-token")

    def _token(self, path: str) -> LocalToken:
        made = self._call("POST", path)
        return LocalToken(made["token"], made["user"], made["subscription"], made.get("id", ""))

    def health(self) -> dict[str, Any]:
        """What `studiolo doctor` cannot see from outside."""
        return self._call("GET", "/local/health")

    def _call(self, method: str, path: str) -> dict[str, Any]:
        # No TLS here; reading the system's certificates all the same would take 50 ms.
        transport = httpx.HTTPTransport(uds=str(self._socket), verify=False)
        try:
            with httpx.Client(transport=transport, base_url="http://local", timeout=15) as client:
                response = client.request(method, path)
        except httpx.HTTPError as error:
            raise ConnectionFailed(
                f"No control plane answers on {self._socket}. Start it with 'studiolo up'."
            ) from error
        if response.is_error:
            raise error_of(response)
        return dict(response.json())
