"""Caddy as a process: it outlives its starter, is found again, and says which port is taken."""

import asyncio
import datetime
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.support.gateway import DOMAIN, FrontDoor, echoed, gateway_config, until

from studiolo.gateway.caddy import Caddy, GatewayError, PortInUse
from studiolo.gateway.config import GatewayConfig, TlsFiles
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.gateway.process import Identity

STARTER = """
import asyncio, os, signal, sys
from pathlib import Path
from studiolo.gateway.caddy import Caddy
from tests.support.gateway import gateway_config
config = gateway_config(Path(sys.argv[1]), http_port=int(sys.argv[2]), https_port=int(sys.argv[3]))
asyncio.run(Caddy(config).ensure())
if sys.argv[4] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def start_elsewhere(folder: Path, config: GatewayConfig, end: str) -> int:
    """Start Caddy from a process that then ends; return Caddy's pid."""
    arguments = [str(folder), str(config.http_port), str(config.https_port), end]
    starter = subprocess.run([sys.executable, "-c", STARTER, *arguments], timeout=60, check=False)
    assert starter.returncode == (-signal.SIGKILL if end == "killed" else 0)
    identity = Identity.read(config.pid_file)
    assert identity is not None
    return identity.pid


@pytest.mark.parametrize("end", ["killed", "returned"])
async def test_it_outlives_its_starter_and_is_adopted(short_folder: Path, end: str):
    config = gateway_config(short_folder)
    pid = start_elsewhere(short_folder, config, end)
    caddy = Caddy(config)
    try:
        assert os.getsid(pid) == pid
        assert await caddy.adopt()
        assert caddy.pid == pid
        assert await caddy.healthy()
    finally:
        await caddy.stop()
    assert Identity.of(pid) is None
    assert not config.pid_file.exists()


async def test_it_is_found_without_its_pid_file(short_folder: Path):
    config = gateway_config(short_folder)
    pid = start_elsewhere(short_folder, config, "killed")
    config.pid_file.unlink()
    caddy = Caddy(config)
    try:
        assert await caddy.adopt()
        assert caddy.pid == pid
        assert Identity.read(config.pid_file) == Identity.of(pid)
    finally:
        await caddy.stop()


async def test_one_that_does_not_answer_is_replaced(short_folder: Path):
    config = gateway_config(short_folder)
    pid = start_elsewhere(short_folder, config, "killed")
    config.admin_socket.unlink()
    caddy = Caddy(config)
    try:
        await caddy.ensure()
        assert caddy.pid not in {None, pid}
        assert Identity.of(pid) is None
    finally:
        await caddy.stop()


async def test_a_changed_configuration_is_loaded_and_streams_stay(door: FrontDoor):
    cookie = f"{SESSION_COOKIE}={door.backend.sign_in('ci1')}"
    origin = door.origin("ci1")
    async with door.websocket("ci1", "/api", Cookie=cookie, Origin=origin) as connection:
        changed = gateway_config(door.run.parent, http_port=0, https_port=door.config.https_port)
        successor = Caddy(changed)
        await successor.ensure()
        assert successor.pid == door.caddy.pid
        assert await echoed(connection, "still here")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", door.config.http_port), timeout=1)


async def test_stopping_what_does_not_run_is_fine(short_folder: Path):
    caddy = Caddy(gateway_config(short_folder))
    await caddy.stop()
    assert not await caddy.adopt()
    assert not await caddy.healthy()


async def test_its_death_is_noticed(door: FrontDoor):
    assert door.caddy.pid is not None
    os.kill(door.caddy.pid, signal.SIGKILL)
    await until(lambda: not door.caddy.alive())
    assert door.caddy.pid is None
    await door.caddy.ensure()
    assert (await door.ask("", "/")).status_code == 200


async def test_a_process_lives_as_long_as_one_of_its_threads():
    """The first thread of a killed Caddy may end before those that still hold its port."""
    end_first_thread = (
        "import ctypes, platform, sys, threading;"
        "threading.Thread(target=sys.stdin.read).start();"
        "print(flush=True);"
        "exit = {'x86_64': 60}.get(platform.machine(), 93);"
        "ctypes.CDLL(None).syscall(exit, 0)"
    )
    with subprocess.Popen(  # noqa: ASYNC220 - it returns at once
        [sys.executable, "-c", end_first_thread], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.read(1)
        identity = Identity.of(process.pid)
        stat = Path(f"/proc/{process.pid}/stat")
        await until(lambda: ") Z " in stat.read_text())
        assert identity is not None
        assert identity.alive()
        process.kill()
        await until(lambda: not identity.alive())


async def test_a_control_plane_that_restarts_is_waited_for(short_folder: Path):
    """Requests that arrive while nobody listens on the socket are held, not failed."""
    config = gateway_config(short_folder)
    caddy = Caddy(config)
    try:
        await caddy.ensure()
        asking = asyncio.create_task(_raw_get(config.http_port))
        await asyncio.sleep(0)
        server = await asyncio.start_unix_server(_answer_hello, config.control_socket)
        async with server:
            assert b"200 OK" in await asking
    finally:
        await caddy.stop()


async def _raw_get(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET / HTTP/1.1\r\nHost: {DOMAIN}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def _answer_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")
    writer.close()


@pytest.mark.parametrize(
    ("port", "variable"),
    [("http_port", "STUDIOLO_HTTP_PORT"), ("https_port", "STUDIOLO_HTTPS_PORT")],
)
async def test_a_taken_port_is_named_with_what_to_do(short_folder: Path, port: str, variable: str):
    with socket.socket() as taken:
        # As Caddy does: another deployment's Caddy must be seen, not joined.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        caddy = Caddy(gateway_config(short_folder, **{port: number}))
        with pytest.raises(PortInUse, match=f"Port {number} .*{variable}="):
            await caddy.ensure()
    assert caddy.pid is None


async def test_an_address_of_another_host_is_refused_with_its_variable(short_folder: Path):
    caddy = Caddy(gateway_config(short_folder, bind=("192.0.2.1",)))
    with pytest.raises(GatewayError, match=r"Cannot listen on 192\.0\.2\.1.*STUDIOLO_BIND"):
        await caddy.ensure()


async def test_a_failed_start_says_what_caddy_said(short_folder: Path):
    missing = TlsFiles(short_folder / "none.pem", short_folder / "none.key")
    caddy = Caddy(gateway_config(short_folder, tls=missing))
    with pytest.raises(GatewayError, match=r"none\.pem"):
        await caddy.ensure()
    await caddy.stop()


async def test_a_given_certificate_is_served_and_a_renewed_one_replaces_it(short_folder: Path):
    ports = {"http_port": 0, "https_port": gateway_config(short_folder).https_port}
    caddy = Caddy(gateway_config(short_folder, tls=_certificate(short_folder, "1"), **ports))
    try:
        await caddy.ensure()
        first = await _serial(ports["https_port"])
        assert caddy.config.root_certificate is None
        renewed = gateway_config(short_folder, tls=_certificate(short_folder, "2"), **ports)
        await Caddy(renewed).ensure()
        assert await _serial(ports["https_port"]) != first
    finally:
        await caddy.stop()


async def _serial(port: int) -> int:
    import ssl

    pem = await asyncio.to_thread(_served_certificate, port)
    return x509.load_pem_x509_certificate(ssl.DER_cert_to_PEM_cert(pem).encode()).serial_number


def _served_certificate(port: int) -> bytes:
    import ssl

    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection(("127.0.0.1", port)) as connection,
        context.wrap_socket(connection, server_hostname=DOMAIN) as tls,
    ):
        served = tls.getpeercert(binary_form=True)
    assert served is not None
    return served


def _certificate(folder: Path, revision: str) -> TlsFiles:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(DOMAIN), x509.DNSName(f"*.{DOMAIN}")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = TlsFiles(folder / "own.pem", folder / "own.key", revision)
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files
