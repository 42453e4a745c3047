"""The variables a machine's applications are started with."""

import os
from collections.abc import Mapping
from pathlib import Path

from studiolo.agent.procfs import TAG_VARIABLE
from studiolo.domain.machine import AgentConfig

_DROPPED_PREFIXES = ("STUDIOLO_", "PYTHON", "JUPYTER_", "JPY_", "UV_RUN", "VIRTUAL_ENV", "CONDA_")
_DROPPED = frozenset(
    {"NOTIFY_SOCKET", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES", "WATCHDOG_PID"}
)


def application_environment(config: AgentConfig, inherited: Mapping[str, str]) -> dict[str, str]:
    """Build an application's variables from the agent's own and the machine's configuration.

    The agent's Python settings, and whatever else configures Studiolo or a service manager, stay
    with the agent: a machine's programs must neither import the agent's libraries nor learn the
    deployment's secrets. `CI_*` are the variables Azure gives the programs of a compute instance.
    `PWD` lets a shell that begins in the working directory call it by the path through the home's
    link, not by where the share lies; a shell that begins elsewhere finds it wrong and drops it.
    """
    kept = {name: value for name, value in inherited.items() if not _is_dropped(name)}
    variables = {
        **kept,
        "HOME": config.home,
        "PWD": config.working_directory,
        "TMPDIR": config.temp_directory,
        "SHELL": inherited.get("SHELL") or "/bin/bash",
        "LANG": inherited.get("LANG") or "C.UTF-8",
        "CI_NAME": config.name,
        "CI_WORKSPACE": config.workspace,
        "CI_RESOURCE_GROUP": config.resource_group,
        **config.environment,
        TAG_VARIABLE: config.tag,
    }
    interpreters = str(Path(config.python).parent)
    path = variables.get("PATH") or os.defpath
    if interpreters not in path.split(os.pathsep):
        variables["PATH"] = os.pathsep.join((interpreters, path))
    return variables


def _is_dropped(name: str) -> bool:
    return name in _DROPPED or name.startswith(_DROPPED_PREFIXES)
