"""Caddy's routes: what happens to a request, from its host to its answer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studiolo.gateway.gate import GATE_PATH
from studiolo.gateway.pages import PAGE_POLICY, page

Json = dict[str, Any]

_NOT_FOR_THE_GATE = (
    # With these the gate's server would see a WebSocket, or wait for a body.
    *("Connection", "Upgrade", "Content-Length", "Content-Type", "Transfer-Encoding", "Expect"),
    # These decide nothing. Without them equal questions look equal, and are short. By their full
    # names: for a wildcard Caddy compares every header of the request.
    *("User-Agent", "Accept-Encoding", "Accept-Language", "Cache-Control", "Pragma", "Priority"),
    *("If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range"),
    *("Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Upgrade-Insecure-Requests"),
    *("Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions"),
    *("Sec-Websocket-Protocol", "Dnt", "Te", "X-Xsrftoken"),
)

STUDIO_BODY_LIMIT = 8_000_000
"""Bytes; a JSON body of the API is never near it. Instances have no limit: people upload there."""

UPLOAD_METHOD = "PUT"
UPLOAD_PATH = (
    r"(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/"
    r"Microsoft\.MachineLearningServices/workspaces/[^/]+/files/content$"
)
"""The one request of the API that brings a file: the control plane itself limits how large. As Go's
and Python's regular expressions both read it."""

STREAM_TIMEOUT = "24h"
"""The longest a WebSocket lasts before it must ask the gate again; clients reconnect by
themselves. Revocation cuts streams at once (`streams.py`); this bounds what it might miss."""

STREAM_CLOSE_DELAY = "1h"
"""How long WebSockets outlive a changed configuration."""

CONTROL_PLANE_PATIENCE = "5s"
"""How long a request waits for a control plane that is just being restarted."""

_UPSTREAM = "{http.vars.studiolo_upstream}"

_UNTRUSTED = (
    "X-Upstream",
    "X-Instance-*",
    "X-Studiolo-*",
    "X-Forwarded-*",
    "X-Real-Ip",
    "X-Scheme",
    "Forwarded",
)
"""Headers by which a client could speak in the gateway's name. `X-Scheme` and `X-Real-Ip` are what
Tornado reads beside `X-Forwarded-*`."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the routes depend on.

    :param studio_origins: who may frame an instance, beside itself.
    :param strict: whether to send Strict-Transport-Security.
    :param api_hosts: further names of the API over https, for clients with bearer tokens. Cookies
        do not pass there in either direction: on a host that other servers share, as `localhost`,
        a cookie would reach those too.
    """

    domain: str
    control_socket: Path
    gate_socket: Path
    studio_origins: tuple[str, ...]
    strict: bool = False
    api_hosts: tuple[str, ...] = ()


def routes(site: Site) -> list[Json]:
    """The routes of every listener, in order; the last answers a host that is not ours."""
    cleaned: Json = {
        "handler": "headers",
        "request": {"delete": list(_UNTRUSTED)},
        "response": {"deferred": True, "delete": ["Server", "Via"], **_transport_security(site)},
    }
    misdirected = {
        "handler": "static_response",
        "status_code": 421,
        "body": f"This address serves {site.domain} and the hosts below it.\n",
    }
    return [
        {"handle": [cleaned]},
        _host_route(site.domain, _studio_handlers(site)),
        _host_route(f"*.{site.domain}", _instance_handlers(site)),
        *_api_routes(site),
        {"handle": [misdirected]},
    ]


def _api_routes(site: Site) -> list[Json]:
    if not site.api_hosts:
        return []
    without_cookies = {
        "handler": "headers",
        "request": {"delete": ["Cookie"]},
        "response": {"deferred": True, "delete": ["Set-Cookie"]},
    }
    return [
        {
            "match": [{"host": list(site.api_hosts), "protocol": "https"}],
            "handle": [without_cookies, *_studio_handlers(site)],
            "terminal": True,
        }
    ]


def _host_route(host: str, handlers: list[Json]) -> Json:
    return {"match": [{"host": [host]}], "handle": handlers, "terminal": True}


def _transport_security(site: Site) -> Json:
    if not site.strict:
        return {}
    return {"set": {"Strict-Transport-Security": ["max-age=31536000"]}}


def _studio_handlers(site: Site) -> list[Json]:
    security = {
        "handler": "headers",
        "response": {
            "deferred": True,
            "set": {"X-Content-Type-Options": ["nosniff"], "X-Frame-Options": ["DENY"]},
            "add": {"Content-Security-Policy": ["frame-ancestors 'none'"]},
        },
    }
    return [security, _body_limit(), _control_plane(site.control_socket)]


def _body_limit() -> Json:
    upload = {"method": [UPLOAD_METHOD], "path_regexp": {"pattern": UPLOAD_PATH}}
    limit = {"handler": "request_body", "max_size": STUDIO_BODY_LIMIT}
    return {
        "handler": "subroute",
        "routes": [{"match": [{"not": [upload]}], "handle": [limit]}],
    }


def _control_plane(socket: Path) -> Json:
    return {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"unix/{socket}"}],
        "transport": {
            "protocol": "http",
            "dial_timeout": "2s",
            "keep_alive": {"max_idle_conns_per_host": 128},
        },
        # A restart of the control plane is a pause, not an error.
        "load_balancing": {"try_duration": CONTROL_PLANE_PATIENCE, "try_interval": "50ms"},
    }


def _instance_handlers(site: Site) -> list[Json]:
    ancestors = " ".join(("'self'", *site.studio_origins))
    proxied = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": _UPSTREAM}],
        "transport": {
            "protocol": "http",
            "dial_timeout": "3s",
            "versions": ["1.1"],
            "keep_alive": {"max_idle_conns_per_host": 64},
        },
        "stream_timeout": STREAM_TIMEOUT,
        "stream_close_delay": STREAM_CLOSE_DELAY,
        "headers": {
            "response": {
                # Added beside the application's own policy: a browser obeys both.
                "add": {"Content-Security-Policy": [f"frame-ancestors {ancestors}"]},
                # An instance's cookies are its own host's, never the studio's or a neighbour's.
                "replace": {
                    "Set-Cookie": [{"search_regexp": r"(?i);\s*domain\s*=[^;]*", "replace": ""}]
                },
            }
        },
    }
    return [_ask_gate(site.gate_socket), proxied]


def _ask_gate(socket: Path) -> Json:
    return {
        **_control_plane(socket),
        # The question mark drops the query, which travels in X-Forwarded-Uri.
        "rewrite": {"method": "GET", "uri": f"{GATE_PATH}?"},
        "headers": {
            "request": {
                "set": {
                    "X-Forwarded-Method": ["{http.request.method}"],
                    "X-Forwarded-Uri": ["{http.request.uri}"],
                    "X-Forwarded-Upgrade": ["{http.request.header.Upgrade}"],
                },
                "delete": list(_NOT_FOR_THE_GATE),
            }
        },
        "handle_response": [{"match": {"status_code": [204]}, "routes": _let_pass()}],
    }


def _let_pass() -> list[Json]:
    remember = {
        "handler": "vars",
        "studiolo_upstream": "{http.reverse_proxy.header.X-Upstream}",
    }
    strip = {"handler": "headers", "request": {"delete": ["Authorization", "Cookie"]}}
    return [
        {"handle": [remember, strip]},
        _copy("X-Instance-Authorization", "Authorization"),
        _copy("X-Instance-Cookie", "Cookie"),
    ]


def _copy(source: str, target: str) -> Json:
    """A header of the gate's answer, put on the request unless it is empty."""
    answer = f"{{http.reverse_proxy.header.{source}}}"
    return {
        "match": [{"not": [{"vars": {answer: [""]}}]}],
        "handle": [{"handler": "headers", "request": {"set": {target: [answer]}}}],
    }


def error_routes(site: Site) -> list[Json]:
    """What is sent where Caddy found nobody to ask: short, and it tries again by itself."""
    studio = "Studiolo is starting, or has stopped. If this stays, look at `studiolo doctor`."
    instance = "The application does not answer yet, or Studiolo is being restarted."
    unanswered = {"expression": "{http.error.status_code} >= 500"}
    ancestors = " ".join(("'self'", *site.studio_origins))
    return [
        _error_page(unanswered | {"host": [site.domain]}, studio, "'none'"),
        _error_page(unanswered | {"host": [f"*.{site.domain}"]}, instance, ancestors),
        {"match": [unanswered], "handle": [_error_json()]},
        {
            "handle": [
                {"handler": "static_response", "status_code": "{http.error.status_code}"},
            ]
        },
    ]


def _error_page(match: Json, message: str, ancestors: str) -> Json:
    response = {
        "handler": "static_response",
        "status_code": 503,
        "headers": {
            "Content-Type": ["text/html; charset=utf-8"],
            "Cache-Control": ["no-store"],
            "Retry-After": ["2"],
            "Content-Security-Policy": [f"{PAGE_POLICY}; frame-ancestors {ancestors}"],
        },
        "body": page("One moment", message, refresh=2),
    }
    html = {"header": {"Accept": ["*text/html*"]}, "method": ["GET"]}
    return {"match": [match | html], "handle": [response], "terminal": True}


def _error_json() -> Json:
    return {
        "handler": "static_response",
        "status_code": 503,
        "headers": {
            "Content-Type": ["application/json"],
            "Cache-Control": ["no-store"],
            "Retry-After": ["2"],
        },
        "body": '{"error":{"code":"ServiceUnavailable","message":"Nothing answers behind the '
        'gateway. Try again shortly."}}',
    }
