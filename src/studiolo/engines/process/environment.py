"""The variables that a machine's processes begin with.

It starts from nothing: of the control plane's own environment only what is named here passes, so
that no secret of the deployment is ever seen inside a machine.
"""

import os
import pwd
from collections.abc import Mapping
from pathlib import Path

from studiolo.domain.machine import MachineSpec
from studiolo.engines.process.layer import jupyter_path, jupyterlab_folder
from studiolo.engines.process.layout import Layout

TAG = "STUDIOLO_MACHINE"
"""Every process of a machine carries `<deployment>/<machine id>` under this name."""

GENERATION = "STUDIOLO_GENERATION"
"""The generation an agent was started with, for one that nobody recorded."""

_INHERITED = (
    *("LANG", "LANGUAGE", "TERM", "TZ"),
    *("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy"),
    *("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT"),
    *("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_TRUSTED_HOST", "PIP_FIND_LINKS"),
)
"""Language, terminal, and how to reach the network and a package index from here."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def tag(deployment: str, machine_id: str) -> str:
    """What :data:`TAG` holds."""
    return f"{deployment}/{machine_id}"


def machine_environment(
    spec: MachineSpec, layout: Layout, image: Path, inherited: Mapping[str, str]
) -> dict[str, str]:
    """Variables of the agent and of every application."""
    passed = {
        name: value
        for name, value in inherited.items()
        if name in _INHERITED or name.startswith("LC_")
    }
    return {"LANG": "C.UTF-8"} | passed | _basics(layout) | _python(layout, image) | _instance(spec)


def _basics(layout: Layout) -> dict[str, str]:
    user = _user_name()
    return {
        "HOME": str(layout.home),
        "TMPDIR": str(layout.tmp),
        "PATH": f"{layout.env / 'bin'}:{layout.home / '.local' / 'bin'}:{_SYSTEM_PATH}",
        "SHELL": "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh",
        "USER": user,
        "LOGNAME": user,
    }


def _python(layout: Layout, image: Path) -> dict[str, str]:
    home, env = layout.home, layout.env
    return {
        "VIRTUAL_ENV": str(env),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
        "JUPYTER_PATH": jupyter_path(env, image, "share", "jupyter"),
        "JUPYTER_CONFIG_PATH": jupyter_path(env, image, "etc", "jupyter"),
        "JUPYTERLAB_DIR": str(jupyterlab_folder(env, image)),
        "JUPYTER_CONFIG_DIR": str(home / ".jupyter"),
        "JUPYTER_DATA_DIR": str(home / ".local" / "share" / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(home / ".local" / "share" / "jupyter" / "runtime"),
        "IPYTHONDIR": str(home / ".ipython"),
    }


def _instance(spec: MachineSpec) -> dict[str, str]:
    """Azure's names for what a setup script may ask."""
    return {
        "CI_NAME": spec.name,
        "CI_WORKSPACE": spec.workspace,
        "CI_RESOURCE_GROUP": spec.resource_group,
        "CI_LOCAL_UBUNTU_USER": _user_name(),
        TAG: tag(spec.deployment, spec.id),
        GENERATION: str(spec.generation),
    }


def _user_name() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
