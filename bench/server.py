"""A Studiolo of the benchmark's own: started by `studiolo up`, as a person would."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from bench.peers import free_port, running, wait_until
from studiolo.client.http import Http
from studiolo.client.jupyter import Jupyter
from studiolo.client.local import Local
from studiolo.client.studiolo import Computes, Studiolo
from studiolo.client.transport import http_client
from studiolo.serving import CONTROL_PLANE_LOCK
from studiolo.settings import Settings

GROUP, WORKSPACE = "studiolo", "main"
IMAGES = Path(__file__).parent.parent / ".studiolo" / "images"
SIZE = "Standard_DS2_v2"


@dataclass
class Server:
    """A running deployment and what a client needs of it."""

    settings: Settings
    pid: int
    token: str
    root: Path
    api: Studiolo

    @property
    def control_plane(self) -> int:
        """Process id of the control plane."""
        return int((self.settings.run / CONTROL_PLANE_LOCK).read_text())

    @property
    def gateway(self) -> int:
        """Process id of Caddy."""
        return int(json.loads((self.settings.run / "caddy.pid").read_text())["pid"])

    @property
    def computes(self) -> Computes:
        return self.api.computes(GROUP, WORKSPACE)

    def jupyter(self, name: str) -> Jupyter:
        origin = f"https://{name}.{self.settings.domain}:{self.settings.https_port}"
        return Jupyter(origin, self.token, self.root)

    def create(self, name: str) -> None:
        properties = {"computeType": "ComputeInstance", "properties": {"vmSize": SIZE}}
        self.computes.put(name, {"location": self.settings.location, "properties": properties})

    def create_to_lab(self, name: str) -> float:
        """Seconds from the PUT to the first JupyterLab page through the gateway."""
        began = time.perf_counter()
        self.create(name)
        self.open_lab(name)
        return time.perf_counter() - began

    def start_to_lab(self, name: str) -> float:
        """The same for a stopped instance."""
        began = time.perf_counter()
        self.computes.act(name, "start")
        self.open_lab(name)
        return time.perf_counter() - began

    def open_lab(self, name: str) -> None:
        jupyter = self.jupyter(name)
        jupyter.wait_ready("/lab")
        jupyter.close()


@contextlib.contextmanager
def studiolo(folder: Path, **settings: str) -> Iterator[Server]:
    """Serve from `folder`, with the checkout's prepared images."""
    variables = {
        "STUDIOLO_HOME": str(folder),
        "STUDIOLO_IMAGE_DIR": str(IMAGES),
        "STUDIOLO_HTTP_PORT": str(free_port()),
        "STUDIOLO_HTTPS_PORT": str(free_port()),
        "STUDIOLO_LOG_LEVEL": "warning",
    } | {f"STUDIOLO_{name.upper()}": value for name, value in settings.items()}
    with mock.patch.dict(os.environ, variables):
        chosen = Settings()
    log, environment = folder / "up.log", os.environ | variables
    with running([Path(sys.executable).parent / "studiolo", "up"], log, env=environment) as process:
        root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        local = Local(chosen.local_socket)

        def ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError(log.read_text())
            with contextlib.suppress(Exception):
                return bool(local.access_token().token) and root.exists()
            return False

        wait_until(ready, 300, "Studiolo")
        granted = local.access_token()
        client = http_client(chosen.https_origin, root=root)
        api = Studiolo(Http(client, granted.token), granted.subscription)
        wait_until(lambda: any(True for _ in api.workspaces()), 60, "the first workspace")
        server = Server(chosen, process.pid, granted.token, root, api)
        try:
            yield server
        finally:
            if chosen.engine != "fake":  # its machines end with the control plane
                for compute in list(server.computes.all()):
                    server.computes.delete(compute["name"])
