"""Runs scenarios in a process of its own: `python -m tests.sdk.runner`.

The SDK takes seconds to import, keeps the cloud it found in its process, and reads its settings
from the environment, so one process with the right environment runs all scenarios: their names come
line by line on stdin, and each ends with a line of JSON on stdout.
"""

import json
import sys
import traceback

from tests.sdk import scenarios


def main() -> None:
    """Serve until stdin ends."""
    for line in sys.stdin:
        name = line.strip()
        try:
            getattr(scenarios, name)()
            answer = {"failure": None}
        except BaseException:  # noqa: BLE001 - pytest's failures are no Exceptions
            answer = {"failure": traceback.format_exc()}
        sys.__stdout__.write(json.dumps(answer) + "\n")
        sys.__stdout__.flush()


if __name__ == "__main__":
    main()
