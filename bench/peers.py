"""Peers to measure against, started on free ports in a temporary folder, ended by process id.

JupyterHub runs with a local-process spawner from an environment of its own, which holds the same
JupyterLab as our image. configurable-http-proxy is what JupyterHub ships with; it comes from npm.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

TOOLS = Path(__file__).parent.parent / ".tools"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(condition, seconds: float, what: str, *, pause: float = 0.005) -> None:
    """Poll `condition` every `pause` seconds.

    :raises TimeoutError: it did not come true in time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {seconds} s")
        time.sleep(pause)


def answers(url: str, headers: dict[str, str] | None = None, *, says: bytes = b"") -> bool:
    """Whether `url` answers 200, with `says` in its body."""
    try:
        request = urllib.request.Request(url, headers=headers or {})
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status == 200 and says in reply.read()
    except (urllib.error.URLError, OSError):
        return False


@contextlib.contextmanager
def running(command: list[str], log: Path, **options) -> Iterator[subprocess.Popen]:
    """A process of its own group that is ended on the way out."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, start_new_session=True, **options
        )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
                break


def chp() -> Path:
    """configurable-http-proxy's program, installed once with npm."""
    folder = TOOLS / "chp"
    program = folder / "node_modules" / ".bin" / "configurable-http-proxy"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("bench: npm is needed to install configurable-http-proxy; install Node.js")
        subprocess.run(
            [npm, "install", "--silent", "configurable-http-proxy@5"], cwd=folder, check=True
        )
    return program


def hub_environment(image: Path) -> Path:
    """An environment with JupyterHub and the image's version of JupyterLab, made once."""
    folder = TOOLS / f"hub-{image.name}"
    if not (folder / "bin" / "jupyterhub-singleuser").exists():
        python = (image / "bin" / "python").resolve()
        pins = [_pin(image, name) for name in ("jupyterlab", "notebook", "ipykernel")]
        uv = [sys.executable, "-m", "uv"]
        subprocess.run([*uv, "venv", "-q", "--clear", "--python", python, folder], check=True)
        install = [*uv, "pip", "install", "-q", "--compile-bytecode", "--python", folder]
        subprocess.run([*install, "jupyterhub", *pins], check=True)
    return folder


def _pin(image: Path, name: str) -> str:
    code = f"import importlib.metadata as m; print(m.version({name!r}))"
    found = subprocess.run(
        [image / "bin" / "python", "-c", code], check=True, capture_output=True, text=True
    )
    return f"{name}=={found.stdout.strip()}"


class Hub:
    """A running JupyterHub and what a client needs of it."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self._headers = {"Authorization": f"token {token}", "Content-Type": "application/json"}

    def call(self, method: str, path: str, body: object = None) -> int:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/hub/api{path}", data, self._headers, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return int(reply.status)

    def create_to_lab(self, user: str) -> float:
        """Seconds from asking for a server to its first JupyterLab page through the proxy."""
        began = time.perf_counter()
        self.call("POST", f"/users/{user}")
        self.start_to_lab(user)
        return time.perf_counter() - began

    def start_to_lab(self, user: str) -> float:
        """The same for a user who exists."""
        began = time.perf_counter()
        self.call("POST", f"/users/{user}/server", {})
        lab = f"{self.url}/user/{user}/lab"
        # JupyterHub sends whoever is too early to a page of its own that answers 200 as well.
        page = b"jupyter-config-data"
        wait_until(lambda: answers(lab, self._headers, says=page), 60, f"JupyterLab of {user}")
        return time.perf_counter() - began

    def stop(self, user: str) -> None:
        self.call("DELETE", f"/users/{user}/server")


@contextlib.contextmanager
def jupyterhub(folder: Path, image: Path) -> Iterator[Hub]:
    """JupyterHub with SimpleLocalProcessSpawner on loopback."""
    environment = hub_environment(image)
    public, api, hub = free_port(), free_port(), free_port()
    token = secrets.token_hex(16)
    config = folder / "jupyterhub_config.py"
    config.write_text(
        f"""
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = [{str(chp())!r}]
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = {str(folder / "home")!r} + "/{{username}}"
c.Spawner.cmd = [{str(environment / "bin" / "jupyterhub-singleuser")!r}, "--allow-root"]
c.JupyterHub.services = [{{"name": "bench", "api_token": {token!r}, "admin": True}}]
c.JupyterHub.load_roles = [
    {{
        "name": "bench",
        "scopes": ["admin:users", "admin:servers", "access:servers"],
        "services": ["bench"],
    }}
]
c.JupyterHub.cleanup_servers = True
"""
    )
    program = str(environment / "bin" / "jupyterhub")
    path = f"{environment / 'bin'}:{os.environ['PATH']}"
    command = [program, "--config", str(config)]
    variables = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"}
    with running(command, folder / "hub.log", cwd=folder, env=variables):
        url = f"http://127.0.0.1:{public}"
        wait_until(lambda: answers(f"{url}/hub/api/"), 60, "JupyterHub's API")
        yield Hub(url, token)
