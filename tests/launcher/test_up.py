"""`studiolo up` as a person runs it: real processes, the real gateway."""

import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.support.images import prepared_agent_image, prepared_ml_image
from tests.support.launched import Launched, until

from studiolo.client.errors import ClientError, ConnectionFailed
from studiolo.client.jupyter import Jupyter
from studiolo.client.local import Local
from studiolo.client.profile import load


@pytest.fixture
def launched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launched]:
    made = Launched(tmp_path_factory.mktemp("up") / "h")
    try:
        yield made
    finally:
        made.cleanup()


def answers(launched: Launched) -> bool:
    try:
        Local(launched.settings.local_socket).ping()
    except ClientError:
        return False
    return True


def test_up_greets_with_addresses_and_a_link_that_signs_in_once(launched):
    launched.up()
    printed = launched.printed
    assert f"http://studiolo.localhost:{launched.http_port}" in printed
    assert f"https://studiolo.localhost:{launched.https_port}" in printed
    assert f"http://studiolo.localhost:{launched.http_port}/signin/link?t=" in printed
    assert launched.run("doctor").code == 0


def test_everything_is_private_to_its_user(launched):
    launched.up()
    for folder in (launched.home, launched.settings.run, launched.settings.logs):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    settings = launched.settings
    for socket_path in (settings.control_socket, settings.gate_socket, settings.local_socket):
        assert stat.S_IMODE(socket_path.stat().st_mode) == 0o600
    log = launched.settings.logs / "control-plane.log"
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_no_secret_reaches_the_log_or_an_argument_list(launched):
    launched.up()
    link = launched.printed.split("/signin/link?t=")[1].split()[0]
    launched.ok("login", "--local")
    launched.ok("workspace", "list")
    logged = "".join(
        file.read_text() for file in launched.settings.logs.iterdir() if file.is_file()
    )
    assert link not in logged
    assert "slpat_" not in logged
    assert "eyJ" not in logged
    assert launched.process is not None
    for process in psutil.Process(launched.process.pid).children(recursive=True):
        assert link not in " ".join(process.cmdline())


def test_killed_control_plane_is_started_again(launched):
    launched.up()
    before = launched.control_plane
    assert before is not None
    before.signal(signal.SIGKILL)
    until(lambda: answers(launched) and launched.control_plane != before, "a new control plane")
    until(lambda: "The control plane runs again." in launched.printed, "the launcher's word")
    assert launched.run("doctor").code == 0


def test_killed_gateway_is_started_again(launched):
    launched.up()
    before = launched.gateway
    assert before is not None
    before.signal(signal.SIGKILL)
    until(lambda: launched.gateway not in (None, before), "a new gateway")
    until(lambda: launched.run("doctor").code == 0, "a healthy deployment")


def test_next_up_adopts_the_gateway_that_a_killed_launcher_left(launched):
    launched.up()
    gateway, control_plane = launched.gateway, launched.control_plane
    assert launched.process is not None
    launched.process.kill()
    launched.process.wait()
    assert launched.gateway == gateway
    launched.up()
    assert launched.gateway == gateway
    # The control plane is replaced, so that it has this launcher's settings and log.
    assert launched.control_plane not in (None, control_plane)
    assert launched.run("doctor").code == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_control_plane_and_gateway_in_order(launched, number):
    launched.up()
    assert launched.process is not None
    launched.process.send_signal(number)
    assert launched.wait() == 0
    assert (launched.gateway, launched.control_plane) == (None, None)
    assert "Compute instances keep running" in launched.printed


def test_second_up_is_refused_and_the_first_goes_on(launched):
    launched.up()
    second = Launched(launched.home, "fake", launched.http_port, launched.https_port)
    first_said = launched.printed
    second.launch()
    assert second.wait() == 1
    assert f"process {launched.process.pid}" in second.printed  # type: ignore[union-attr]
    assert first_said not in second.printed
    assert answers(launched)


def test_port_in_use_is_told_before_anything_is_prepared(launched):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        launched.launch("--port", str(other.getsockname()[1]))
        assert launched.wait(60) == 1
    assert "in use by another program" in launched.printed
    assert "--port" in launched.printed
    assert launched.control_plane is None
    assert launched.gateway is None


@pytest.mark.parametrize("command", ["up", "demo"])
def test_interrupt_while_images_are_prepared_leaves_nothing_running(launched, command):
    launched.engine = "process"
    launched.command = command
    empty = launched.home.parent / "i"
    launched.launch(STUDIOLO_IMAGE_DIR=str(empty))
    until(lambda: any(empty.glob("*/.building-*")), "the first image's preparation", 60)
    assert launched.interrupt() == 130
    assert (launched.gateway, launched.control_plane) == (None, None)
    commands = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    assert [one for one in commands if str(empty) in one] == []


def test_folder_that_cannot_be_written_is_told(launched, tmp_path):
    file = tmp_path / "file"
    file.write_text("")
    launched.launch("--home", str(file / "home"))
    assert launched.wait(60) == 1
    assert "Choose another folder with --home" in launched.printed


def test_folder_of_others_is_made_private(launched):
    launched.home.mkdir(mode=0o755)
    launched.home.chmod(0o755)
    launched.up()
    assert stat.S_IMODE(launched.home.stat().st_mode) == 0o700


def test_second_control_plane_on_one_home_refuses_with_a_sentence(launched):
    launched.up()
    for run in (launched.home / "r", launched.home / "other"):
        done = subprocess.run(
            [sys.executable, "-m", "studiolo.main"],
            env=os.environ | launched.environment | {"STUDIOLO_RUN_DIR": str(run)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert "already running" in done.stderr
    assert answers(launched)


def assert_stream_ends_with_its_token(launched: Launched, name: str) -> None:
    """A terminal that is open when its token is revoked is cut, though nothing is sent on it."""
    mine = {"STUDIOLO_PROFILE": str(launched.home / "mine.json")}
    launched.ok("login", "--local", **mine)
    profile = load(launched.home / "mine.json")
    origin = f"https://{name}.studiolo.localhost:{launched.https_port}"
    root = Path(profile.root)
    jupyter = Jupyter(origin, profile.token, root)
    jupyter.wait_ready()
    with jupyter.kernel("x.ipynb") as kernel:
        kernel.run("1")
        launched.ok("logout", **mine)
        with pytest.raises(ConnectionFailed):
            kernel.run("import time; time.sleep(30)", timeout=20)
        # The block's end has no right left to remove the session with.
        jupyter._http.headers["Authorization"] = (
            f"Bearer {load(launched.home / 'profile.json').token}"
        )


def test_machines_outlive_ctrl_c_and_are_found_again(launched):
    prepared_ml_image()
    prepared_agent_image()
    launched.engine = "process"
    launched.up()
    launched.ok("login", "--local")
    launched.ok("compute", "create", "-n", "kept")
    try:
        assert launched.interrupt() == 0
        agents = [
            process
            for process in psutil.process_iter(["cmdline"])
            if str(launched.home / "machines") in " ".join(process.info["cmdline"] or ())
        ]
        assert agents, "the machine ended with the launcher"
        launched.up()
        assert "Running" in launched.ok("compute", "list")
        assert all(agent.is_running() for agent in agents)
        assert "a terminal at" in launched.ok("doctor")
        assert_stream_ends_with_its_token(launched, "kept")
    finally:
        if launched.process is not None and launched.process.poll() is not None:
            launched.up()
        launched.ok("compute", "delete", "-n", "kept", "-y")
