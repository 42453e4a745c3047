"""Caddy's configuration: a pure function of a few values, as JSON.

It is static. Instances come and go without a change to it, because the gate names the upstream of
each request; so no WebSocket is ever cut by a reload.

Two hosts are served. The studio's goes to the control plane. An instance's (`*.<domain>`) goes to
the gate first; on its 204, and only then, the request goes on to the upstream the gate named. That
name travels in a Caddy variable, never in a header of the request, so neither the client nor the
instance can set or see it.
"""

from dataclasses import dataclass
from pathlib import Path

from studiolo.domain.addresses import ip_address, origin, plain_http
from studiolo.domain.errors import InvalidInput
from studiolo.gateway.routes import Json, Site, error_routes, routes

_MAX_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """A certificate of one's own, for the domain and `*.` below it.

    :param revision: changes when the files do (a digest), so that a renewed certificate is loaded.
    """

    certificate: Path
    key: Path
    revision: str = "1"


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Everything Caddy is told, and where it keeps its things.

    :param domain: the studio's host name.
    :param bind: IP addresses to listen on.
    :param http_port: plain HTTP, on the loopback addresses among `bind` only; 0 turns it off.
    :param control_socket: the public API's socket.
    :param gate_socket: the gate's socket.
    :param admin_socket: Caddy's administration; made with mode 0600.
    :param storage: the internal CA and its leaves.
    :param pid_file: who runs; read by the launcher and by whoever cuts streams.
    :param log_file: JSON lines, without credentials; rotated.
    :param tls: a certificate to serve instead of the internal CA's.
    :param api_hosts: further names of the API over https, see :class:`~.routes.Site`.
    :raises InvalidInput: a bind address is not an IP address, or there is none.
    """

    domain: str
    bind: tuple[str, ...]
    http_port: int
    https_port: int
    control_socket: Path
    gate_socket: Path
    admin_socket: Path
    pid_file: Path
    storage: Path
    log_file: Path
    tls: TlsFiles | None = None
    api_hosts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.bind:
            raise InvalidInput("STUDIOLO_BIND names no address to listen on.", target="bind")
        try:
            for address in self.bind:
                ip_address(address)
        except ValueError as error:
            raise InvalidInput(str(error), target="bind") from None

    @property
    def http_addresses(self) -> tuple[str, ...]:
        """Where plain HTTP is served: loopback, or nowhere."""
        return plain_http(self.bind, self.http_port)

    @property
    def https_addresses(self) -> tuple[str, ...]:
        """Where HTTPS is served."""
        return self.bind

    @property
    def root_certificate(self) -> Path | None:
        """The internal CA's root, for a client's trust store; None with a certificate of one's
        own. It is there once Caddy is ready.
        """
        return None if self.tls else self.storage / "pki" / "authorities" / "local" / "root.crt"

    @property
    def studio_origins(self) -> tuple[str, ...]:
        """Origins under which a browser knows the studio."""
        https = origin("https", self.domain, self.https_port)
        if not self.http_addresses:
            return (https,)
        return origin("http", self.domain, self.http_port), https

    @property
    def site(self) -> Site:
        """What the routes are made of.

        Strict-Transport-Security only where plain HTTP is off and the certificate is one that
        browsers know: it holds for a host name on every port, so it would break an http listener.
        """
        strict = self.tls is not None and not self.http_addresses
        return Site(
            self.domain,
            self.control_socket,
            self.gate_socket,
            self.studio_origins,
            strict,
            self.api_hosts,
        )


def caddy_config(config: GatewayConfig) -> Json:
    """Caddy's JSON configuration, for `caddy run --config -` and `POST /load`."""
    return {
        "admin": {"listen": f"unix/{config.admin_socket}|0600", "config": {"persist": False}},
        "logging": {"logs": _logs(config.log_file)},
        "storage": {"module": "file_system", "root": str(config.storage)},
        "apps": {
            "http": {"grace_period": "3s", "servers": _servers(config)},
            "tls": _tls(config),
            "pki": {
                "certificate_authorities": {
                    "local": {
                        "name": "Studiolo",
                        "root_common_name": "Studiolo local root",
                        "intermediate_common_name": "Studiolo local intermediate",
                        "install_trust": False,
                    }
                }
            },
        },
    }


def _logs(file: Path) -> Json:
    """Caddy's own messages, and each request that found nobody to answer it; no access log.

    The proxy's messages about single requests are off: to have one ready, written or not, was an
    eighth of what a request costs (Caddy 2.11). What fails is in the second log all the same.

    Errors that an error route has answered are logged at DEBUG, so they have a log of their own.
    Caddy itself hides Cookie, Set-Cookie and Authorization; tickets and tokens in a query, and the
    Referer that may repeat them, are hidden here.
    """
    secrets = [
        {"type": "replace", "parameter": name, "value": "REDACTED"}
        for name in ("t", "token", "code", "state")
    ]
    fields = {
        "request>uri": {"filter": "query", "actions": secrets},
        "request>headers>Referer": {"filter": "delete"},
        # Jupyter's clients may send a token as a subprotocol.
        "request>headers>Sec-Websocket-Protocol": {"filter": "delete"},
        "request>headers>X-Xsrftoken": {"filter": "delete"},
    }
    common = {
        "writer": {
            "output": "file",
            "filename": str(file),
            "mode": "0600",
            "roll_size_mb": 10,
            "roll_keep": 5,
            "roll_gzip": False,
        },
        "encoder": {"format": "filter", "wrap": {"format": "json"}, "fields": fields},
    }
    return {
        # The administration logs every health check.
        "default": {
            **common,
            "level": "INFO",
            "exclude": ["http.log.error", "http.handlers.reverse_proxy", "admin.api"],
        },
        "errors": {**common, "level": "DEBUG", "include": ["http.log.error"]},
    }


def _servers(config: GatewayConfig) -> Json:
    common = {
        "routes": routes(config.site),
        "errors": {"routes": error_routes(config.site)},
        "read_header_timeout": "10s",
        "idle_timeout": "5m",
        "max_header_bytes": _MAX_HEADER_BYTES,
    }
    policy: Json = {"protocol_min": "tls1.2"}
    certificates: Json = {"disable_redirects": True}
    if config.tls:
        policy["certificate_selection"] = {"any_tag": [_certificate_tag(config.tls)]}
        certificates["disable_certificates"] = True
    servers: Json = {
        "https": {
            **common,
            "listen": _listen(config.https_addresses, config.https_port),
            "protocols": ["h1", "h2"],
            "tls_connection_policies": [policy],
            "automatic_https": certificates,
        }
    }
    if config.http_addresses:
        servers["http"] = {
            **common,
            "listen": _listen(config.http_addresses, config.http_port),
            "protocols": ["h1"],
            "automatic_https": {"disable": True},
        }
    return servers


def _listen(addresses: tuple[str, ...], port: int) -> list[str]:
    return [
        f"[{address}]:{port}" if ":" in address else f"{address}:{port}" for address in addresses
    ]


def _tls(config: GatewayConfig) -> Json:
    if config.tls:
        files = {
            "certificate": str(config.tls.certificate),
            "key": str(config.tls.key),
            "tags": [_certificate_tag(config.tls)],
        }
        return {"certificates": {"load_files": [files]}}
    subjects = [config.domain, f"*.{config.domain}", *config.api_hosts]
    return {
        "automation": {"policies": [{"subjects": subjects, "issuers": [{"module": "internal"}]}]}
    }


def _certificate_tag(tls: TlsFiles) -> str:
    return f"studiolo-{tls.revision}"
