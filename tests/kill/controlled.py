"""Runs the real control plane again and again, with fault points that can be armed as it runs.

Run as `python controlled.py <folder>`. Each line on stdin is a JSON object of environment variables
and starts one control plane: its pid is printed, and then, when it has ended, how (`os.waitpid`'s
exit code). It is forked from this process, which has imported everything once, so that a test that
starts it fifty times does not import it fifty times.

Every fault point that is passed is appended to `<folder>/passed`; the control plane dies by SIGKILL
at the point that `<folder>/armed` names, if any.
"""

import importlib
import json
import os
import sys
from pathlib import Path

from studiolo import faults


def watch_points(folder: Path) -> None:
    armed, passed = folder / "armed", folder / "passed"
    original = faults.point

    def point(name: str) -> None:
        with passed.open("a") as record:
            record.write(f"{name}\n")
        if armed.exists() and armed.read_text() == name:
            faults.arm(name)
        original(name)

    faults.point = point


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def main() -> None:
    watch_points(Path(sys.argv[1]))
    control_plane = importlib.import_module("studiolo.main")  # only now, so that all are watched
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.environ.update(json.loads(line))
            # What it prints must not look like this process's own answers.
            os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
            os._exit(control_plane.main())
        answer(pid)
        _, status = os.waitpid(pid, 0)
        answer(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
