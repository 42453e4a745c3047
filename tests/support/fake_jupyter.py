"""A stand-in for Jupyter Server, run as a script by the agent's tests: small, and up in no time.

It understands `--config=<file>` as the real one does, listens on the socket or address named there,
demands the token, and answers the few requests an agent makes. `$HOME/behaviour.json` makes it
misbehave:
`{"exit": code}` ends it at once, `{"deaf": true}` ignores SIGTERM, `{"mute": true}` never answers,
`{"orphan": true}` leaves a grandchild behind that nobody waits for.
"""

import contextlib
import json
import os
import signal
import socketserver
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

behaviour_file = Path(os.environ["HOME"]) / "behaviour.json"
behaviour = json.loads(behaviour_file.read_text()) if behaviour_file.exists() else {}
config_path = next(a for a in sys.argv if a.startswith("--config=")).removeprefix("--config=")
config = json.loads(Path(config_path).read_text())
terminals: list[dict[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def address_string(self) -> str:
        return "unix"

    def reply(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        if self.headers["Authorization"] != config["GatewayIdentity"]["secret"]:
            self.reply({}, 403)
        elif self.path.startswith("/api/status"):
            self.reply({"kernels": 0, "last_activity": "2030-01-02T03:04:05.000000Z"})
        else:
            self.reply(terminals)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        terminals.append({"name": body["name"], "last_activity": "2030-01-02T03:04:05Z"})
        self.reply(body)


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


class AddressServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


with contextlib.suppress(OSError):  # a full disk does not keep Jupyter from starting either
    sys.stdout.write(f"fake jupyter starts {os.getpid()}\n")
    sys.stdout.flush()
if "exit" in behaviour:
    sys.stdout.write("it has been told to end\n")
    sys.exit(behaviour["exit"])
if behaviour.get("deaf"):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if behaviour.get("orphan"):
    # The child ends at once; its child sleeps on, an orphan with nobody but the agent to reap it.
    subprocess.run(["sh", "-c", "sleep 0.2 & echo $! > $HOME/orphan.pid"], check=True)
while behaviour.get("mute"):
    time.sleep(60)
listening = config["ServerApp"]
if "sock" in listening:
    Server(listening["sock"], Handler).serve_forever()
else:
    AddressServer((listening["ip"], listening["port"]), Handler).serve_forever()
