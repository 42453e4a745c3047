"""Create to the first JupyterLab page, and stop-start, against JupyterHub on local processes.

Both sides: one HTTP request asks for a machine that does not exist yet; the clock stops when the
JupyterLab page of that machine comes back through the proxy, signed in. JupyterHub has its
`SimpleLocalProcessSpawner`, which makes a directory and starts a process and nothing else;
Studiolo makes a machine with an agent, a Python environment and a file share, and checks access.
"""

import itertools
import tempfile
from pathlib import Path

from bench.measure import Figure, Noise, Outcome, alternate, ratio
from bench.peers import jupyterhub
from bench.server import IMAGES, studiolo


def run(rounds: int) -> Outcome:
    with tempfile.TemporaryDirectory(prefix="studiolo-bench-") as folder:
        home, hub_home = Path(folder) / "s", Path(folder) / "h"
        home.mkdir(mode=0o700)
        hub_home.mkdir()
        with studiolo(home) as server:
            image = next(path for path in (IMAGES / "ml").iterdir() if path.is_dir())
            with jupyterhub(hub_home, image) as hub:
                return _measure(rounds, server, hub)


def _measure(rounds, server, hub) -> Outcome:
    noise = Noise()
    numbers = itertools.count()

    def ours() -> float:
        name = f"bench-{next(numbers)}"
        seconds = server.create_to_lab(name)
        server.computes.act(name, "stop")
        return seconds

    def theirs() -> float:
        user = f"bench{next(numbers)}"
        seconds = hub.create_to_lab(user)
        hub.stop(user)
        return seconds

    create = alternate(rounds, {"ours": ours, "theirs": theirs}, noise)
    server.create("again")
    server.computes.act("again", "stop")
    hub.create_to_lab("again")
    hub.stop("again")

    def ours_again() -> float:
        seconds = server.start_to_lab("again")
        server.computes.act("again", "stop")
        return seconds

    def theirs_again() -> float:
        seconds = hub.start_to_lab("again")
        hub.stop("again")
        return seconds

    start = alternate(rounds, {"ours": ours_again, "theirs": theirs_again}, noise)
    first = Figure("create to JupyterLab, Studiolo", "s", create["ours"], "at most 5 s here")
    return Outcome(
        "create",
        [
            Figure(first.name, first.unit, first.values, first.target, first.median <= 5),
            Figure("create to JupyterLab, JupyterHub", "s", create["theirs"]),
            ratio("of JupyterHub's time", create["ours"], create["theirs"], "at most 0.8", _08),
            Figure("start of a stopped one to JupyterLab, Studiolo", "s", start["ours"]),
            Figure("start of a stopped one to JupyterLab, JupyterHub", "s", start["theirs"]),
            ratio("of JupyterHub's time", start["ours"], start["theirs"], "", lambda _: True),
        ],
        noise.spread,
    )


def _08(value: float) -> bool:
    return value <= 0.8
