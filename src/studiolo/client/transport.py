"""How requests travel: to loopback for `*.localhost`, trusting the deployment's own CA.

RFC 6761 reserves `.localhost` for loopback; browsers and curl know it, the system's resolver often
does not. The URL's host is kept for the Host header and for TLS, only the address dialled changes.
"""

import ssl
from pathlib import Path
from urllib.parse import urlsplit

import httpx

_LOOPBACK = "127.0.0.1"


def is_localhost(host: str) -> bool:
    """Whether `host` is `localhost` or a name below it."""
    return host == "localhost" or host.endswith(".localhost")


def dial_host(host: str) -> str:
    """The address to connect to for `host`."""
    return _LOOPBACK if is_localhost(host) else host


def tls_context(root: Path | None) -> ssl.SSLContext:
    """A verifying TLS context of 1.2 and up that trusts the system's roots and `root`.

    :param root: a PEM file, for a deployment with its own CA; ignored where it does not exist.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if root is not None and root.is_file():
        context.load_verify_locations(cafile=root)
    return context


class LocalhostTransport(httpx.HTTPTransport):
    """Sends requests for `*.localhost` to 127.0.0.1."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send `request`, with its host dialled on loopback where the name says so."""
        host = request.url.host
        if not is_localhost(host):
            return super().handle_request(request)
        local = httpx.Request(
            request.method,
            request.url.copy_with(host=_LOOPBACK),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return super().handle_request(local)


def http_client(
    server: str,
    *,
    root: Path | None = None,
    socket: Path | None = None,
    timeout: float = 30.0,
) -> httpx.Client:
    """An `httpx.Client` for the deployment at `server`.

    :param server: origin, `https://host:port`.
    :param root: PEM file of the deployment's CA.
    :param socket: unix socket to use instead of the network.
    :param timeout: seconds for connecting, and for each read.
    """
    origin = urlsplit(server)
    if origin.scheme not in ("http", "https") or not origin.hostname:
        raise ValueError(f"'{server}' is not an address such as https://studiolo.localhost:8481")
    if socket is not None:
        transport = httpx.HTTPTransport(uds=str(socket), verify=False)
    else:
        transport = LocalhostTransport(verify=tls_context(root), retries=1)
    return httpx.Client(base_url=server, transport=transport, timeout=timeout, trust_env=False)
