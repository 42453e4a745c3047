"""A lean client of the API, so that what is measured is the server and not httpx."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from bench.server import GROUP, WORKSPACE, Server
from studiolo.client.studiolo import COMPUTE_VERSION


class Arm:
    """Requests over kept-alive connections through the gateway, one connection a thread."""

    def __init__(self, server: Server) -> None:
        self._port = server.settings.http_port
        self._headers = {
            "Host": f"{server.settings.domain}:{self._port}",
            "Authorization": f"Bearer {server.token}",
            "Content-Type": "application/json",
        }
        self._threads = threading.local()
        self.computes = f"{server.api.workspace_path(GROUP, WORKSPACE)}/computes"
        region = f"{server.api.base}/providers/Microsoft.MachineLearningServices/locations"
        self.usages = f"{region}/{server.settings.location}/usages"

    def call(self, method: str, path: str, body: object = None) -> Any:
        """One request; its JSON reply.

        :raises RuntimeError: it was refused.
        """
        connection = self._connection()
        separator = "&" if "?" in path else "?"
        url = path if "api-version=" in path else f"{path}{separator}api-version={COMPUTE_VERSION}"
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, url, data, self._headers)
        reply = connection.getresponse()
        content = reply.read()
        if reply.status >= 400:
            raise RuntimeError(f"{method} {path}: {reply.status} {content[:300]!r}")
        return content

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        return json.loads(self.call("GET", path))

    def timed(self, paths: Iterable[str]) -> list[float]:
        """Milliseconds of a GET of each path, one after the other, the reply read to its end."""
        return [_milliseconds(lambda path=path: self.call("GET", path)) for path in paths]

    def create(self, names: list[str], body: object, clients: int) -> list[float]:
        """Milliseconds of the PUT of each name, sent by `clients` at a time."""

        def put(name: str) -> float:
            return _milliseconds(lambda: self.call("PUT", f"{self.computes}/{name}", body))

        with ThreadPoolExecutor(clients) as pool:
            return list(pool.map(put, names))

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._threads, "connection"):
            self._threads.connection = http.client.HTTPConnection("127.0.0.1", self._port, 60)
        connection: http.client.HTTPConnection = self._threads.connection
        return connection


def _milliseconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)
