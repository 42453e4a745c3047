"""Two people's real instances behind the real Caddy: what passes, and what is cut."""

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
import pytest
from tests.support.deployment import RunningDeployment, running_deployment
from tests.support.images import prepared_agent_image, prepared_ml_image
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from studiolo.client.http import Http
from studiolo.client.jupyter import Jupyter
from studiolo.client.studiolo import Studiolo
from studiolo.client.transport import http_client, tls_context
from studiolo.domain.roles import CONTRIBUTOR
from studiolo.gateway.cookies import SESSION_COOKIE
from studiolo.launcher.deployment import GROUP, WORKSPACE

PASSWORD = "a password of sixteen words"
CUT_SECONDS = 5.0
"""How soon a stream must end; a busy machine included."""

_ROLES = "2022-04-01"


@dataclass
class Person:
    """Somebody with an account, an instance of their own, and a browser that is signed in."""

    running: RunningDeployment
    name: str
    id: str = ""
    role: str = ""
    token: str = ""
    browser: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        body = {"name": self.name, "displayName": self.name.title(), "password": PASSWORD}
        self.id = self.running.call("POST", "/auth/users", body).json()["id"]
        self.grant()
        signed_in = self.running.client.post(
            "/auth/signin", json={"username": self.name, "password": PASSWORD}
        )
        self.token = signed_in.json()["token"]
        self.browser = http_client(self.studio, root=self.running.root_certificate, timeout=60)
        self.browser.follow_redirects = True

    @property
    def studio(self) -> str:
        return self.running.launched.settings.https_origin

    @property
    def instance(self) -> str:
        """Origin of their instance."""
        return self.studio.replace("://", f"://{self.name}-ci.")

    @property
    def jupyter(self) -> Jupyter:
        return Jupyter(self.instance, self.token, self.running.root_certificate)

    def grant(self) -> None:
        """Let them use the deployment."""
        scope = f"/subscriptions/{self.running.subscription}"
        provider = f"{scope}/providers/Microsoft.Authorization"
        self.role = f"{provider}/roleAssignments/{uuid4()}"
        definition = f"{provider}/roleDefinitions/{CONTRIBUTOR.id}"
        properties = {"roleDefinitionId": definition, "principalId": self.id}
        self._assignment("PUT", {"properties": properties})

    def revoke(self) -> None:
        """Take that back."""
        self._assignment("DELETE")

    def _assignment(self, method: str, body: Any = None) -> None:
        reply = self.running.client.request(
            method, self.role, json=body, params={"api-version": _ROLES}
        )
        assert reply.is_success, reply.text

    def disable(self, disabled: bool = True) -> None:
        self.running.call("PATCH", f"/auth/users/{self.name}", {"disabled": disabled})

    def create(self) -> None:
        """Make their instance and wait until it runs."""
        http = Http(http_client(self.studio, root=self.running.root_certificate), self.token)
        properties = {"computeType": "ComputeInstance", "properties": {"vmSize": "Standard_DS2_v2"}}
        Studiolo(http, self.running.subscription).computes(GROUP, WORKSPACE).put(
            f"{self.name}-ci", {"location": "local", "properties": properties}
        )

    def sign_in(self) -> None:
        """By the page, as a browser does; then on to the instance."""
        self.browser.cookies.clear()
        self._fill_in_the_form()
        target = {"host": f"{self.name}-ci", "path": "/api/status"}
        deadline = time.monotonic() + 60
        while (reply := self.navigate("/instances/open", params=target)).status_code != 200:
            assert time.monotonic() < deadline, (reply.url, reply.status_code, reply.text)
            time.sleep(0.2)
        assert str(reply.url) == f"{self.instance}/api/status"

    def sign_out(self) -> None:
        reply = self.browser.delete("/auth/session", headers={"Origin": self.studio})
        assert reply.status_code == 204, reply.text

    def navigate(self, url: str, **rest: Any) -> httpx.Response:
        """Open a page."""
        headers = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "none"}
        return self.browser.get(url, headers=headers | {"Sec-Fetch-Dest": "document"}, **rest)

    def _fill_in_the_form(self) -> None:
        found = re.search(r'name="form_token" value="([^"]+)"', self.browser.get("/signin").text)
        assert found, "no form to sign in"
        fields = {"username": self.name, "password": PASSWORD, "form_token": found[1]}
        headers = {"Origin": self.studio}
        # Where it leads, the studio, need not be built for this.
        reply = self.browser.post("/signin", data=fields, headers=headers, follow_redirects=False)
        assert (reply.status_code, reply.headers.get("location")) == (303, "/"), reply.text

    def terminal(self) -> ClientConnection:
        """The stream of their terminal, opened with the instance's own session cookie."""
        host = self.instance.removeprefix("https://").partition(":")[0]
        (cookie,) = (c.value for c in self.browser.cookies.jar if c.name == SESSION_COOKIE)
        return connect(
            f"{self.instance.replace('https', 'wss', 1)}/terminals/websocket/1",
            sock=socket.create_connection(
                ("127.0.0.1", self.running.launched.https_port), timeout=10
            ),
            ssl=tls_context(self.running.root_certificate),
            server_hostname=host,
            additional_headers={"Cookie": f"{SESSION_COOKIE}={cookie}", "Origin": self.instance},
            open_timeout=30,  # the first terminal of a machine loads what serves it
            proxy=None,
        )


def hears(connection: ClientConnection, command: str, expected: str) -> None:
    """Type a command, and wait for what it prints."""
    connection.send(json.dumps(["stdin", f"{command}\r"]))
    heard = ""
    while expected not in heard:
        kind, *rest = json.loads(connection.recv(timeout=30))
        heard += rest[0] if kind == "stdout" else ""


def ends_within(connection: ClientConnection, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with pytest.raises(ConnectionClosed):
        while True:
            connection.recv(timeout=deadline - time.monotonic())


@pytest.fixture(scope="module")
def people() -> Iterator[tuple[Person, Person]]:
    """Ann and Bob, each with a running instance."""
    prepared_ml_image()
    prepared_agent_image()
    with running_deployment("process") as running:
        ann, bob = Person(running, "ann"), Person(running, "bob")
        for person in (ann, bob):
            person.create()
        yield ann, bob
        for person in (ann, bob):
            person.browser.close()


def test_an_application_works_and_its_token_stays_behind(people: tuple[Person, Person]) -> None:
    ann, _ = people
    ann.sign_in()
    (file,) = (
        machine.parent / "state" / "agent" / "jupyter_server_config.json"
        for machine in (ann.running.launched.home / "machines").glob("*/machine.json")
        if "ann-ci" in machine.read_text()
    )
    token = json.loads(file.read_text())["GatewayIdentity"]["secret"].removeprefix("token ")
    for path in ("/lab", "/tree", "/terminals/1", "/nonexistent", "/login", "/api/me"):
        page = ann.navigate(f"{ann.instance}{path}")
        assert page.status_code == (404 if path in {"/nonexistent", "/login"} else 200), path
        assert token not in page.text + str(page.headers), path
    names = {cookie.name for cookie in ann.browser.cookies.jar if ".ann-ci" in f".{cookie.domain}"}
    assert names == {SESSION_COOKIE, "_xsrf"}

    jupyter = ann.jupyter
    folder = "Users/ann"
    jupyter.save(f"{folder}/x.ipynb", {"cells": [], "metadata": {}, "nbformat": 4,
                                       "nbformat_minor": 5})  # fmt: skip
    assert jupyter.read(f"{folder}/x.ipynb")["nbformat"] == 4
    with jupyter.kernel(f"{folder}/x.ipynb") as kernel:
        (output,) = kernel.run("print(6 * 7)")
    assert output["text"].strip() == "42"
    assert jupyter.terminal_says("echo $((40 + 2))", "42")
    jupyter.close()


@pytest.mark.parametrize("ending", ["sign out", "disabled", "role"])
def test_the_end_of_a_right_cuts_streams_and_no_neighbours(
    people: tuple[Person, Person], ending: str
) -> None:
    ann, bob = people
    for person in people:
        person.sign_in()
        assert person.navigate(f"{person.instance}/terminals/1").status_code == 200
    end, restore = {
        "sign out": (ann.sign_out, lambda: None),
        "disabled": (ann.disable, lambda: ann.disable(disabled=False)),
        "role": (ann.revoke, ann.grant),
    }[ending]
    with ann.terminal() as hers, bob.terminal() as his:
        hears(hers, "echo $((40 + 2))", "42")
        hears(his, "echo $((40 + 2))", "42")
        end()
        try:
            ends_within(hers, CUT_SECONDS)
            with pytest.raises(InvalidStatus) as refused, ann.terminal():
                pass
            assert refused.value.response.status_code in {401, 403}
            # Past the second cut, which is for what was decided just before the first.
            time.sleep(CUT_SECONDS)
            hears(his, "echo $((400 + 23))", "423")
        finally:
            restore()
