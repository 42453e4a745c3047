"""The applications of a compute instance: names, display names and which path is whose.

Names and display names are Azure Machine Learning's: a client finds `Jupyter`, `Jupyter Lab` and
`Terminal` in `properties.applications[].displayName`. All three are served by one process,
`jupyter`, so their paths share one host; the table below says which application a request means.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Application:
    """One application.

    :param name: its name in the API and towards the agent.
    :param display_name: as Azure shows it.
    :param path: where a person opens it, below the instance's origin.
    :param process: the process that serves it.
    :param prefixes: first path segments that are its own.
    """

    name: str
    display_name: str
    path: str
    process: str
    prefixes: frozenset[str]


JUPYTERLAB = Application("jupyterlab", "Jupyter Lab", "/lab", "jupyter", frozenset({"lab", "doc"}))
JUPYTER = Application(
    "jupyter",
    "Jupyter",
    "/tree",
    "jupyter",
    frozenset({"tree", "notebooks", "edit", "view", "nbconvert", "consoles"}),
)
TERMINAL = Application("terminal", "Terminal", "/terminals/1", "jupyter", frozenset({"terminals"}))

APPLICATIONS: tuple[Application, ...] = (JUPYTER, JUPYTERLAB, TERMINAL)
"""Every application, in the order Azure lists them."""

BY_NAME: dict[str, Application] = {application.name: application for application in APPLICATIONS}

_BY_PREFIX = {
    prefix: application for application in APPLICATIONS for prefix in application.prefixes
}


def application_of(path: str) -> Application:
    """The application that a request path (with or without its query) belongs to.

    What belongs to none by name (`/`, `/api`, `/static`, `/files`, `/lsp`, ...) is JupyterLab's,
    whose process serves it. Only the first segment counts, compared exactly: the answer chooses
    which process is started, never whether a request may pass.
    """
    segment = path.partition("?")[0].lstrip("/").partition("/")[0]
    return _BY_PREFIX.get(segment, JUPYTERLAB)
