"""The agent as a process of its own, over a stand-in for Jupyter."""

import contextlib
import dataclasses
import json
import os
import resource
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.agents import TOKEN, Agent, eventually, gone

from studiolo.agent import procfs


def misbehave(agent: Agent, **how: object) -> None:
    (agent.home / "behaviour.json").write_text(json.dumps(how))


def test_an_application_starts_on_first_use_and_is_shared(agent: Agent) -> None:
    agent.start()
    assert agent.application()["state"] == "Stopped"
    reply = agent.ensure("jupyterlab")
    assert (reply.status_code, reply.json()["state"]) == (200, "Running")
    pid = agent.served_by()
    assert agent.ensure("jupyter").json()["process"] == "jupyter"
    assert agent.served_by() == pid
    assert agent.application("terminal")["state"] == "Running"


def test_without_waiting_the_reply_is_that_it_starts(agent: Agent) -> None:
    agent.start()
    reply = agent.ensure(wait=0)
    assert (reply.status_code, reply.json()["state"]) == (202, "Starting")
    assert eventually(lambda: agent.ensure(wait=0).status_code == 200)


def test_the_terminal_that_is_opened_exists(agent: Agent) -> None:
    agent.start().ensure("terminal")
    assert agent.application("terminal")["lastActivity"] == "2030-01-02T03:04:05Z"
    assert agent.application("jupyterlab")["lastActivity"] == "2030-01-02T03:04:05Z"


def test_sockets_and_secrets_are_its_users_alone(agent: Agent, sockets: Path) -> None:
    agent.start().ensure()
    private = [sockets / "agent.sock", *agent.state.rglob("*"), *agent.logs.rglob("*")]
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in private}
    assert modes == {path: 0o700 if path.is_dir() else 0o600 for path in private}


def test_secrets_are_in_no_argument_variable_or_log(agent: Agent) -> None:
    agent.start({"STUDIOLO_DATABASE_URL": "postgresql://secret-of-the-deployment"}).ensure()
    token = agent.application()["headers"]["Authorization"].removeprefix("token ")
    assert agent.process
    for pid in (agent.process.pid, agent.served_by()):
        assert token not in " ".join(procfs.command(pid))
        assert TOKEN not in " ".join(procfs.command(pid))
    variables = procfs.environment(agent.served_by()) or {}
    assert variables
    for secret in (token, TOKEN, "secret-of-the-deployment"):
        assert secret.encode() not in b"".join(variables.values())
        assert secret not in agent.log("agent") + agent.log("jupyter")


def test_an_application_that_dies_is_restarted(agent: Agent) -> None:
    agent.start().ensure()
    first = agent.served_by()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: agent.application()["restarts"] == 1)
    assert agent.ensure().status_code == 200
    shown = agent.application()
    assert agent.served_by() != first
    assert shown["restarts"] == 1
    assert shown["lastError"].startswith("The process was ended by SIGKILL")


def test_one_that_cannot_start_says_why_and_is_tried_again_later(agent: Agent) -> None:
    misbehave(agent, exit=7)
    agent.start()
    reply = agent.ensure()
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "ApplicationFailed"
    assert "exit code 7" in reply.json()["error"]["message"]
    assert "it has been told to end" in reply.json()["error"]["message"]
    assert agent.application()["state"] == "Failing"
    assert agent.ensure(wait=0).status_code == 503  # it has not cooled down
    misbehave(agent)
    assert eventually(lambda: agent.ensure(wait=1).status_code == 200)


def test_a_missing_interpreter_is_a_reason_too(agent: Agent) -> None:
    Path(agent.config.python).unlink()
    reply = agent.start().ensure()
    assert reply.status_code == 503
    assert "No such file" in reply.json()["error"]["message"]


def test_applications_outlive_a_killed_agent_and_its_successor_adopts_them(agent: Agent) -> None:
    agent.start().ensure("terminal")
    before, pid = agent.application(), agent.served_by()
    agent.kill()
    assert not gone(pid)
    agent.start()
    after = agent.application()
    assert agent.served_by() == pid
    assert (after["state"], after["headers"]) == ("Running", before["headers"])
    assert agent.ensure(wait=0).status_code == 200


def test_the_end_of_an_adopted_application_is_noticed(agent: Agent) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    agent.kill()
    agent.start()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: agent.application()["restarts"] == 1)
    assert agent.ensure().status_code == 200
    assert agent.served_by() != pid


@pytest.mark.parametrize(
    "content", [None, b"", b"{", b"[]", b'{"generation":3,"processes":{"jupyter":1}}']
)
def test_a_lost_or_damaged_state_file_loses_no_application(
    agent: Agent, content: bytes | None
) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    agent.kill()
    if content is None:
        (agent.state / "agent.json").unlink()
    else:
        (agent.state / "agent.json").write_bytes(content)
    agent.start()
    assert agent.ensure().status_code == 200
    assert agent.served_by() == pid


def test_a_stranger_with_the_recorded_pid_is_left_alone(agent: Agent) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    agent.kill()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: gone(pid))
    state = json.loads((agent.state / "agent.json").read_text())
    own = procfs.stat(os.getpid())
    assert own
    state["processes"]["jupyter"] |= {"pid": own.pid, "start_time": own.start_time}
    (agent.state / "agent.json").write_text(json.dumps(state))
    agent.start()  # this very process carries no tag: it is neither adopted nor killed
    assert eventually(lambda: agent.ensure(wait=1).status_code == 200)
    assert agent.served_by() != own.pid


def test_what_an_earlier_start_wanted_is_not_started(agent: Agent) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    agent.kill()
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: gone(pid))
    state = json.loads((agent.state / "agent.json").read_text())
    (agent.state / "agent.json").write_text(json.dumps(state | {"generation": 2}))
    agent.start()
    assert agent.application()["state"] == "Stopped"


def test_two_agents_of_one_machine_are_not_possible(agent: Agent) -> None:
    first = agent.start().process
    assert agent.spawn().wait(20) == 3
    agent.process = first
    assert agent.answers()


def test_orphans_are_reaped_and_the_application_keeps_its_exit_status(agent: Agent) -> None:
    misbehave(agent, orphan=True)
    agent.start().ensure()
    orphan = int((agent.home / "orphan.pid").read_text())
    eventually(lambda: procfs.stat(orphan) is None)
    misbehave(agent, exit=9)
    os.kill(agent.served_by(), signal.SIGTERM)
    eventually(lambda: agent.application()["state"] == "Failing")
    assert "exit code 9" in agent.application()["lastError"]


def test_stop_ends_the_process_until_it_is_used_again(agent: Agent) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    assert agent.post("/v1/applications/jupyterlab/stop").status_code == 202
    eventually(lambda: gone(pid))
    assert agent.application()["state"] == "Stopped"
    assert agent.application()["lastError"] is None
    assert agent.ensure().status_code == 200


def test_use_during_a_stop_starts_it_anew(agent: Agent) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    agent.post("/v1/applications/jupyterlab/stop")
    assert agent.ensure().status_code == 200
    assert gone(pid)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "request"])
def test_shutdown_ends_every_process_and_the_agent_in_good_order(agent: Agent, how: str) -> None:
    agent.start().ensure()
    pid = agent.served_by()
    assert agent.process
    if how == "request":
        assert agent.post("/v1/shutdown").status_code == 202
    else:
        agent.process.send_signal(getattr(signal, how))
    assert agent.wait() == 0
    assert gone(pid)
    assert list(procfs.tagged(agent.config.tag)) == []
    assert (agent.state / "ended").exists()
    assert not Path(agent.config.listen.removeprefix("unix/")).exists()


def test_shutdown_takes_down_what_ignores_it(agent: Agent) -> None:
    misbehave(agent, deaf=True)
    agent.start().ensure()
    pid = agent.served_by()
    assert agent.post("/v1/shutdown").status_code == 202
    assert agent.wait() == 0
    assert gone(pid)


def test_shutdown_does_not_wait_for_a_start(agent: Agent) -> None:
    misbehave(agent, mute=True)
    agent.start().ensure(wait=0)
    pid = eventually(agent.served_by)
    assert agent.process
    agent.process.send_signal(signal.SIGTERM)
    assert agent.wait() == 0
    assert gone(pid)


def fill_disk(agent: Agent) -> None:
    """Let no file of the agent grow, as on a full disk (setrlimit(2): EFBIG for ENOSPC)."""
    assert agent.process
    resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


def free_disk(agent: Agent) -> None:
    assert agent.process
    infinite = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, infinite)


def test_a_full_disk_is_a_reason_and_no_crash(agent: Agent) -> None:
    agent.start()
    fill_disk(agent)
    reply = agent.ensure()
    assert reply.status_code == 503
    assert "File too large" in reply.json()["error"]["message"]
    free_disk(agent)
    assert eventually(lambda: agent.ensure(wait=1).status_code == 200)


def test_a_disk_that_fills_up_later_stops_nothing(agent: Agent) -> None:
    agent.start().ensure()
    fill_disk(agent)
    first = agent.served_by()
    os.kill(first, signal.SIGKILL)
    eventually(lambda: agent.application()["restarts"] == 1)
    assert agent.ensure().status_code == 200
    running = next(found for found in procfs.tagged(agent.config.tag) if is_fake(found.pid))
    assert agent.served_by() == first  # what is on the disk is old
    agent.kill()
    agent.start()  # and the successor finds the process all the same
    assert agent.served_by() == running.pid
    assert agent.ensure().status_code == 200


def is_fake(pid: int) -> bool:
    return any("fake_jupyter" in argument for argument in procfs.command(pid))


def test_a_configuration_that_others_can_read_is_refused(agent: Agent) -> None:
    agent.spawn()
    agent.kill()
    file = agent.state.parent / "config.json"
    file.chmod(0o644)
    command = [sys.executable, "-m", "studiolo.agent", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "mode 0600" in done.stderr


def test_a_socket_path_that_is_too_long_is_named(agent: Agent, tmp_path: Path) -> None:
    agent.config = dataclasses.replace(
        agent.config, application_sockets=str(tmp_path / ("long" * 30))
    )
    message = agent.start().ensure().json()["error"]["message"]
    assert "longer than 107 bytes" in message


def test_a_dead_agents_socket_is_replaced(agent: Agent) -> None:
    path = agent.config.listen.removeprefix("unix/")
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as left_behind:
        left_behind.bind(path)
    agent.start()


def test_an_idle_agent_is_small(agent: Agent) -> None:
    agent.start()
    assert agent.process
    fields = (Path("/proc") / str(agent.process.pid) / "statm").read_text().split()
    resident = int(fields[1]) * resource.getpagesize()
    assert resident < 60e6
