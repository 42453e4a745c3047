"""Starts one agent so that it outlives whoever asked for it. Runs as a script of its own.

It reads one JSON object from its standard input: `argv`, `environment`, `cwd`, `log`, `lock` (an
inherited file descriptor), `groups` (folders of control groups to join). It prints the agent's pid.

The agent gets a session of its own, init as its parent, and no file of ours but its log. The
descriptor of the machine's lock is closed by the very exec that makes the agent visible in /proc:
nobody can hold the lock and not see an agent that is about to run.
"""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    """Join the groups, fork, and become the agent in the child."""
    order = json.load(sys.stdin)
    os.set_inheritable(order["lock"], False)
    os.setsid()
    for group in order["groups"]:
        try:
            Path(group, "cgroup.procs").write_text("0", encoding="ascii")
        except OSError as error:
            # Without this group the machine runs all the same, only without its limit.
            sys.stderr.write(f"{group}: {error}\n")
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    child = os.fork()
    if child:
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        return
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.umask(0o077)
    os.chdir(order["cwd"])
    try:
        os.execve(order["argv"][0], order["argv"], order["environment"])  # noqa: S606 - no shell is what is wanted
    except OSError as error:
        os.write(2, f"{order['argv'][0]}: {error}\n".encode())
        os._exit(127)


if __name__ == "__main__":
    main()
