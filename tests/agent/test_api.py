import dataclasses

import httpx
from tests.support.agents import TOKEN, Agent, eventually

from studiolo.api.schema.inspection import AgentStatus

CREDENTIALS = (
    "",
    TOKEN,
    "Bearer",
    "Bearer no",
    f"Bearer {TOKEN}x",
    f"Basic {TOKEN}",
    b"Bearer \xff",
)

REQUESTS = (
    ("GET", "/v1/status"),
    ("GET", "/v1/logs"),
    ("GET", "/v1/logs/agent"),
    ("POST", "/v1/applications/jupyterlab/ensure"),
    ("POST", "/v1/shutdown"),
    ("GET", "/nowhere"),
)

REFUSED = (
    ("POST", "/v1/applications/rstudio/ensure", 404, "ResourceNotFound"),
    ("POST", "/v1/applications/rstudio/stop", 404, "ResourceNotFound"),
    ("POST", "/v1/applications/jupyterlab/ensure?wait=soon", 400, "InvalidParameter"),
    ("POST", "/v1/applications/jupyterlab/ensure?wait=-1", 400, "InvalidParameter"),
    ("POST", "/v1/applications/jupyterlab/ensure?wait=nan", 400, "InvalidParameter"),
    ("POST", "/v1/applications/jupyterlab/ensure?wait=1e9", 400, "InvalidParameter"),
    ("POST", "/v1/applications/terminal/ensure?terminal=", 400, "InvalidParameter"),
    ("POST", "/v1/applications/terminal/ensure?terminal=a-b", 400, "InvalidParameter"),
    ("POST", "/v1/applications/terminal/ensure?terminal=..%2Fx", 400, "InvalidParameter"),
    ("GET", "/v1/logs/nothing", 404, "ResourceNotFound"),
    ("GET", "/v1/logs/..%2Fstate%2Fagent.json", 404, "ResourceNotFound"),
    ("GET", "/v1/logs/agent?tail=0", 400, "InvalidParameter"),
    ("GET", "/v1/logs/agent?tail=all", 400, "InvalidParameter"),
    ("GET", "/v1/logs/agent?tail=99999999999999999999", 400, "InvalidParameter"),
    ("GET", "/v1/logs/agent?tail=²", 400, "InvalidParameter"),
    ("GET", "/v1/applications/jupyterlab/ensure", 405, "MethodNotAllowed"),
    ("GET", "/nowhere", 404, "NotFound"),
)


def test_nothing_but_health_is_told_without_the_token(agent: Agent) -> None:
    agent.start()
    with agent.client() as client:
        del client.headers["Authorization"]
        health = client.get("/healthz").json()
        assert health == {"status": "ok", "machine": "ci-0123456789abcdef", "generation": 3}
        for credential in CREDENTIALS:
            for method, path in REQUESTS:
                reply = client.request(method, path, headers={"Authorization": credential})
                assert reply.status_code == 401, (credential, path)
                assert reply.json()["error"]["code"] == "AuthenticationFailed"
    assert agent.application()["state"] == "Stopped"


def test_a_bad_request_is_refused_and_changes_nothing(agent: Agent) -> None:
    agent.start()
    with agent.client() as client:
        for method, path, status, code in REFUSED:
            reply = client.request(method, path)
            error = reply.json()["error"]
            assert (reply.status_code, error["code"]) == (status, code), (method, path)
            assert error["message"]
    assert agent.application()["state"] == "Stopped"


def test_status_has_the_shape_of_the_contract(agent: Agent) -> None:
    agent.start()
    with agent.client() as client:
        status = client.get("/v1/status").json()
    assert list(status) == [
        *("machine", "generation", "startedAt", "version", "applications", "usage", "activity"),
    ]
    assert [(a["name"], a["displayName"], a["path"]) for a in status["applications"]] == [
        ("jupyterlab", "JupyterLab", "/lab"),
        ("jupyter", "Jupyter", "/tree"),
        ("terminal", "Terminal", "/terminals/1"),
    ]
    assert list(status["applications"][0]) == [
        *("name", "displayName", "path", "process", "state", "since", "restarts", "lastError"),
        *("upstream", "headers", "lastActivity", "busy"),
    ]
    assert status["activity"] == {"lastActivity": None, "busy": False, "reasons": []}
    usage = status["usage"]
    assert usage["memoryBytes"] > 1_000_000
    assert usage["cpuSeconds"] > 0
    assert usage["processes"] == 1
    assert usage["memoryLimitBytes"] is None
    assert 0 < usage["diskFreeBytes"] <= usage["diskTotalBytes"] - usage["diskUsedBytes"]


def test_the_api_passes_on_all_of_it_but_how_applications_are_reached(agent: Agent) -> None:
    agent.start().ensure()
    with agent.client() as client:
        status = client.get("/v1/status").json()
    for application in status["applications"]:
        assert application["state"] == "Running"
        del application["upstream"], application["headers"]
    del status["machine"], status["generation"]
    assert AgentStatus.model_validate(status).model_dump() == status


def test_logs_are_listed_and_their_end_is_read(agent: Agent) -> None:
    agent.start().ensure()
    with agent.client() as client:
        names = {each["name"]: each["bytes"] for each in client.get("/v1/logs").json()["value"]}
        last = client.get("/v1/logs/jupyter?tail=1")
    assert names.keys() == {"agent", "jupyter"}
    assert last.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert last.text == f"fake jupyter starts {agent.served_by()}\n"


def test_it_may_listen_on_a_port(agent: Agent, unused_tcp_port: int) -> None:
    address = f"127.0.0.1:{unused_tcp_port}"
    agent.config = dataclasses.replace(agent.config, listen=address)
    agent.spawn()

    def answers() -> bool:
        try:
            return httpx.get(f"http://{address}/healthz").status_code == 200
        except httpx.TransportError:
            return False

    assert eventually(answers)
