"""JupyterLab on a compute instance, spoken to through the gateway as a person's browser would.

Jupyter's REST API and its messaging protocol, version 5, in JSON over one WebSocket:
https://jupyter-client.readthedocs.io/en/stable/messaging.html
"""

import json
import socket
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlsplit, urlunsplit

import httpx
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from studiolo.client.errors import ClientError, ConnectionFailed, error_of
from studiolo.client.transport import dial_host, http_client, tls_context

Json = dict[str, Any]

READY_SECONDS = 60.0
_OPEN_SECONDS = 30.0
"""A server that has just been started loads what opens a terminal or a kernel with the first."""

_POLL_SECONDS = 0.1
_CELL_SECONDS = 120.0
_LARGEST_MESSAGE = 32 * 1024 * 1024
_OUTPUTS = ("stream", "display_data", "execute_result", "error")


class CellFailed(ClientError):
    """A cell raised; the message is the exception's."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="CellFailed")


def open_websocket(url: str, token: str, root: Path | None) -> ClientConnection:
    """A WebSocket to `url` (http, https, ws or wss) with a bearer token.

    :raises ConnectionFailed: it was not opened; the message says why.
    """
    parts = urlsplit(url)
    secure = parts.scheme in ("https", "wss")
    target = urlunsplit(parts._replace(scheme="wss" if secure else "ws"))
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    address = (dial_host(parts.hostname or ""), parts.port or (443 if secure else 80))
    try:
        return connect(
            target,
            sock=socket.create_connection(address, timeout=10),
            ssl=tls_context(root) if secure else None,
            server_hostname=parts.hostname if secure else None,
            additional_headers=headers,
            open_timeout=_OPEN_SECONDS,
            max_size=_LARGEST_MESSAGE,
            proxy=None,
        )
    except (OSError, WebSocketException) as error:
        raise ConnectionFailed(f"The WebSocket {target} was not opened: {error}") from error


class Jupyter:
    """The Jupyter server of one instance.

    :param origin: the instance's own, `https://<instance>.<domain>:port`.
    :param token: a bearer token of its creator or assigned user.
    :param root: PEM file of the deployment's CA.
    """

    def __init__(self, origin: str, token: str, root: Path | None = None) -> None:
        self._origin = origin.rstrip("/")
        self._token = token
        self._root = root
        headers = {"Authorization": f"Bearer {token}"}
        self._http = http_client(self._origin, root=root)
        self._http.headers.update(headers)

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def wait_ready(self, path: str = "/api/status", timeout: float = READY_SECONDS) -> None:
        """Wait until `path` answers; asking starts the application.

        :raises ClientError: it does not within `timeout` seconds, or may not be opened.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                self._send("GET", path)
            except ClientError as error:
                waits = getattr(error, "status", 503) in (502, 503)
                if not waits or time.monotonic() > deadline:
                    raise
                time.sleep(_POLL_SECONDS)
            else:
                return

    def page(self, path: str) -> str:
        """A page's HTML."""
        return self._send("GET", path).text

    def save(self, path: str, notebook: Json) -> Json:
        """Store a notebook on the instance's file system; returns Jupyter's model of it."""
        body = {"type": "notebook", "format": "json", "content": notebook}
        return self._json("PUT", f"/api/contents/{quote(path)}", body)

    def read(self, path: str) -> Json:
        """A notebook as it is stored."""
        return cast("Json", self._json("GET", f"/api/contents/{quote(path)}")["content"])

    @contextmanager
    def kernel(self, notebook: str) -> Iterator["Kernel"]:
        """A Python kernel with a session for `notebook`; it is ended with the block."""
        wanted = {"path": notebook, "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        session = self._json("POST", "/api/sessions", wanted)
        kernel = session["kernel"]["id"]
        url = f"{self._origin}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        try:
            with open_websocket(url, self._token, self._root) as connection:
                yield Kernel(connection)
        finally:
            self._send("DELETE", f"/api/sessions/{session['id']}")

    def terminal_says(self, command: str, expected: str, timeout: float = 15.0) -> bool:
        """Whether a terminal prints `expected` after `command`, over its WebSocket.

        :param expected: must not stand in `command`, because a terminal shows what is typed.
        """
        name = self._json("POST", "/api/terminals")["name"]
        url = f"{self._origin}/terminals/websocket/{name}"
        try:
            with open_websocket(url, self._token, self._root) as connection:
                connection.send(json.dumps(["stdin", f"{command}\r"]))
                return _hears(connection, expected, timeout)
        finally:
            self._send("DELETE", f"/api/terminals/{name}")

    def _json(self, method: str, path: str, body: Json | None = None) -> Json:
        return cast("Json", self._send(method, path, body).json())

    def _send(self, method: str, path: str, body: Json | None = None) -> httpx.Response:
        try:
            response = self._http.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise ConnectionFailed(f"{self._origin} does not answer: {error}") from error
        if response.is_error:
            raise error_of(response)
        return response


def _hears(connection: ClientConnection, expected: str, timeout: float) -> bool:
    deadline = time.monotonic() + timeout
    heard = ""
    while (left := deadline - time.monotonic()) > 0:
        try:
            kind, *rest = json.loads(connection.recv(timeout=left))
        except TimeoutError:
            return False
        except WebSocketException as error:
            raise ConnectionFailed(f"The terminal's WebSocket was closed: {error}") from error
        if kind == "stdout":
            heard += str(rest[0])
        if expected in heard:
            return True
    return False


class Kernel:
    """A running kernel, one cell at a time."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._session = uuid.uuid4().hex

    def run(self, code: str, timeout: float = _CELL_SECONDS) -> list[Json]:
        """Run one cell; returns its outputs as nbformat 4 stores them.

        :raises CellFailed: the cell raised.
        :raises ClientError: the kernel did not finish in `timeout` seconds.
        """
        message = self._request(code)
        self._connection.send(json.dumps(message))
        outputs: list[Json] = []
        for kind, content in self._replies(message["header"]["msg_id"], timeout):
            if kind == "error":
                raise CellFailed(f"{content['ename']}: {content['evalue']}")
            if kind in _OUTPUTS:
                _append(outputs, kind, content)
        return outputs

    def _request(self, code: str) -> Json:
        header = {
            "msg_id": uuid.uuid4().hex,
            "session": self._session,
            "username": "",
            "msg_type": "execute_request",
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": True, "allow_stdin": False}
        return {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content | {"user_expressions": {}, "stop_on_error": True},
            "buffers": [],
            "channel": "shell",
        }

    def _replies(self, parent: str, timeout: float) -> Iterator[tuple[str, Json]]:
        """What the kernel says to a request, until it has replied and is idle again."""
        deadline = time.monotonic() + timeout
        replied = idle = False
        while not (replied and idle):
            message = self._receive(deadline)
            if message.get("parent_header", {}).get("msg_id") != parent:
                continue
            kind, content = str(message["header"]["msg_type"]), message["content"]
            replied = replied or kind == "execute_reply"
            idle = idle or (kind == "status" and content["execution_state"] == "idle")
            yield kind, content

    def _receive(self, deadline: float) -> Json:
        try:
            text = self._connection.recv(timeout=max(deadline - time.monotonic(), 0.0))
        except TimeoutError:
            raise ClientError("The kernel did not finish the cell.", code="CellTimeout") from None
        except WebSocketException as error:
            raise ConnectionFailed(f"The kernel's WebSocket was closed: {error}") from error
        return cast("Json", json.loads(text))


def _append(outputs: list[Json], kind: str, content: Mapping[str, Any]) -> None:
    """Add a message to a cell's outputs; a stream's pieces become one output."""
    last = outputs[-1] if outputs else {}
    if kind != "stream":
        kept = {
            key: content[key] for key in ("data", "metadata", "execution_count") if key in content
        }
        outputs.append({"output_type": kind, **kept})
    elif last.get("output_type") == "stream" and last.get("name") == content["name"]:
        last["text"] += content["text"]
    else:
        outputs.append({"output_type": kind, "name": content["name"], "text": content["text"]})
