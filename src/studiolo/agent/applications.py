"""The applications a person opens, and the process each of them is served by."""

from dataclasses import dataclass
from datetime import datetime

from studiolo.agent.activity import Activity
from studiolo.agent.supervise import Phase, Record


@dataclass(frozen=True, slots=True)
class Application:
    """One entry of the list of applications.

    :param path: where it begins on the instance's host.
    :param process: name of the process that serves it.
    """

    name: str
    display_name: str
    path: str
    process: str = "jupyter"


TERMINAL_NAME = "1"
"""The terminal that the application of that name opens."""

TERMINAL = Application("terminal", "Terminal", f"/terminals/{TERMINAL_NAME}")

APPLICATIONS = {
    application.name: application
    for application in (
        Application("jupyterlab", "JupyterLab", "/lab"),
        Application("jupyter", "Jupyter", "/tree"),
        TERMINAL,
    )
}
"""By name. The display names are Azure's."""


def public_state(record: Record) -> str:
    """A process's phase in the four words of the API: between two tries it is still Starting."""
    if record.phase is Phase.WAITING or (record.wanted and record.phase is Phase.STOPPED):
        return Phase.STARTING.value
    return record.phase.value


def last_used(application: Application, activity: Activity) -> datetime | None:
    """When the application was last used. JupyterLab and Notebook cannot be told apart."""
    return activity.terminals if application is TERMINAL else activity.kernels or activity.last


def is_busy(application: Application, activity: Activity) -> bool:
    """Whether something runs in the application."""
    return bool(activity.busy_terminals if application is TERMINAL else activity.busy_kernels)
