"""The process `jupyter`: one Jupyter Server that serves JupyterLab, Notebook 7 and terminals.

It listens on a unix socket of mode 0600, or on TCP where the machine has an address of its own, and
demands a secret of the gateway's in each request. That is in its configuration file (mode 0600) and
nowhere else: not in an argument, a variable, a log, a page or a link.
"""

import json
import logging
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from studiolo.agent.files import write_private
from studiolo.agent.jupyter_client import UNIX, JupyterClient
from studiolo.agent.supervisor import Launch
from studiolo.domain.machine import AgentConfig

SOCKET_PATH_MAX = 107
"""Bytes; Linux `sun_path` holds 108 with its final zero."""

CONFIGURATION = "jupyter_server_config"
"""Base name of the files in the state folder: `.json` is generated, `.py` is fixed and copied."""

_LAB_DEFAULTS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
"""What JupyterLab takes for its settings' defaults: without it, each person is first asked whether
to fetch news from a website. A person's own settings still count before these."""

_IDENTITY = Path(__file__).with_name(f"{CONFIGURATION}.py")
_SECTION = "GatewayIdentity"
"""The class in that file, and its part of the configuration."""

_log = logging.getLogger(__name__)


class Jupyter:
    """How the machine's Jupyter Server is configured, started and asked.

    :param environment: variables of the machine's applications.
    """

    name = "jupyter"

    def __init__(self, config: AgentConfig, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        state = Path(config.state_directory)
        self._configuration = state / f"{CONFIGURATION}.json"
        self._lab_configuration = state / "jupyter"
        # Not in the home, where Jupyter would put it: that may be full.
        self._runtime = state / "runtime"
        self.socket = Path(config.application_sockets) / "jupyter.sock"
        self._secret = _read_secret(self._configuration) or f"token {secrets.token_urlsafe(32)}"
        self.client = JupyterClient(self.upstream, self.headers)

    @property
    def upstream(self) -> str:
        """Where the gateway dials."""
        address = self._config.application_address
        if not address:
            return f"{UNIX}{self.socket}"
        host = f"[{address}]" if ":" in address else address
        return f"{host}:{self._config.jupyter_port}"

    @property
    def headers(self) -> dict[str, str]:
        """What the gateway adds to each request; a secret."""
        return {"Authorization": self._secret}

    def launch(self) -> Launch:
        """The machine's own interpreter runs it, so that kernels see what its user has installed.

        `-P` keeps the working directory off its path: a `json.py` among somebody's notebooks must
        not end JupyterLab.
        """
        return Launch(
            command=(
                self._config.python,
                "-P",
                "-m",
                "jupyterlab",
                f"--config={self._configuration}",
            ),
            environment={
                **self._environment,
                "JUPYTER_CONFIG_PATH": self._search_path(),
                "JUPYTER_RUNTIME_DIR": str(self._runtime),
            },
            directory=_first_directory(self._config.working_directory, self._config.home),
        )

    def prepare(self) -> None:
        """Write the configuration and clear the way for the socket.

        Jupyter Server reads both files, whichever of them `--config` names.

        :raises OSError: there is no room, or the socket's path is too long for the kernel.
        """
        if not self._config.application_address:
            self._clear_socket()
        _keep(self._configuration, json.dumps(self._settings(), indent=1).encode())
        _keep(self._configuration.with_suffix(".py"), _IDENTITY.read_bytes())
        defaults = self._lab_configuration / "labconfig" / "default_setting_overrides.json"
        for folder in (self._runtime, self._lab_configuration, defaults.parent):
            folder.mkdir(mode=0o700, exist_ok=True)
        _keep(defaults, json.dumps(_LAB_DEFAULTS, indent=1).encode())

    def _clear_socket(self) -> None:
        if len(os.fsencode(self.socket)) > SOCKET_PATH_MAX:
            raise OSError(f"the path {self.socket} is longer than {SOCKET_PATH_MAX} bytes")
        self.socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.socket.unlink(missing_ok=True)

    async def healthy(self) -> bool:
        """Whether it answers a request that carries the secret."""
        return await self.client.get("/api/status") is not None

    async def open_terminal(self, name: str) -> None:
        """Make a terminal of this name, unless there is one: Jupyter Server itself does so for
        nobody who only opens its page or its stream.
        """
        await self.client.open_terminal(name, self._config.working_directory)

    def _search_path(self) -> str:
        """Where Jupyter looks for configuration, in order; ours comes last, so that any other wins.

        The folder with the secret is not on it: whatever a person starts inherits this.
        """
        found = self._environment.get("JUPYTER_CONFIG_PATH", "")
        return os.pathsep.join(filter(None, (found, str(self._lab_configuration))))

    def _settings(self) -> dict[str, Any]:
        """The server's configuration.

        The gateway has checked who is asking, on the instance's own host name: hence remote access
        and the proxy's headers are trusted. Nothing is culled, asked of the network, or shown
        outside the studio and the machine's own pages. The shell is not a login shell, whose
        /etc/profile would take the machine's own Python off the PATH.
        """
        config = self._config
        return {
            "ServerApp": {
                **self._listening(),
                "open_browser": False,
                "allow_root": os.getuid() == 0,
                "allow_remote_access": True,
                "trust_xheaders": True,
                "root_dir": config.notebook_root,
                "quit_button": False,
                "shutdown_no_activity_timeout": 0,
                "jpserver_extensions": {
                    "jupyterlab": True,
                    "jupyter_server_terminals": True,
                    "notebook": True,
                    "notebook_shim": True,
                },
                "terminado_settings": {"shell_command": [self._environment["SHELL"]]},
                "tornado_settings": {
                    "headers": {"Content-Security-Policy": _frame_policy(config.studio_origin)}
                },
            },
            _SECTION: {"secret": self._secret, "alias": config.alias},
            "FileContentsManager": self._preferred_directory(),
            "MappingKernelManager": {"cull_idle_timeout": 0},
            "TerminalManager": {"cull_inactive_timeout": 0},
            "LabApp": {
                "news_url": None,
                "check_for_updates_class": "jupyterlab.handlers.announcements.NeverCheckForUpdate",
            },
        }

    def _listening(self) -> dict[str, Any]:
        """Where the server listens: there or nowhere, for the gateway knows no other place."""
        if not self._config.application_address:
            return {"sock": str(self.socket), "sock_mode": "0600"}
        port = self._config.jupyter_port
        return {"ip": self._config.application_address, "port": port, "port_retries": 0}

    def _preferred_directory(self) -> dict[str, str]:
        """The folder JupyterLab opens in, relative to the root; Jupyter dies of a missing one."""
        directory = Path(self._config.working_directory)
        root = Path(self._config.notebook_root)
        if not directory.is_dir() or not directory.is_relative_to(root):
            return {}
        return {"preferred_dir": directory.relative_to(root).as_posix()}


def _frame_policy(studio_origin: str) -> str:
    """Who may frame Jupyter's pages: the studio's host by either scheme and on any port.

    A person may come by the one or the other, and a browser obeys this policy beside the gateway's,
    which names the very origins.
    """
    host = urlsplit(studio_origin).hostname
    return f"frame-ancestors 'self' {host}:*" if host else "frame-ancestors 'self'"


def _read_secret(path: Path) -> str | None:
    """The secret of an earlier start, so that a server that still runs stays good."""
    try:
        secret = json.loads(_read(path) or b"null")[_SECTION]["secret"]
    except (ValueError, KeyError, TypeError):
        return None
    return secret if isinstance(secret, str) and secret else None


def _keep(path: Path, content: bytes) -> None:
    if _read(path) != content:
        write_private(path, content)


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _first_directory(*candidates: str) -> Path:
    """The first that exists, else the last: starting there then fails with its name."""
    return next((Path(path) for path in candidates if Path(path).is_dir()), Path(candidates[-1]))
