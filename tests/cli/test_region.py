"""`studiolo region` over the API: what it asks, what it prints, and how it ends."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from studiolo.cli import region
from studiolo.cli.session import Session
from studiolo.client.http import Http
from studiolo.client.studiolo import Studiolo

BASE = "/subscriptions/s/providers/Microsoft.MachineLearningServices/locations/lab"
MEMBER = {
    "id": f"{BASE}/members/m1",
    "name": "m1",
    "type": "Microsoft.MachineLearningServices/locations/members",
    "properties": {
        "provisioningState": "Evacuating",
        "status": "Evacuated",
        "instances": 3,
        "vCPUs": {"total": 8, "used": 3, "free": 5},
        "memoryMiB": {"total": 1024, "used": 24, "free": 1000},
    },
}


@pytest.fixture
def run():
    """Runs a command against a server whose operations end as the test says."""

    def with_end(*arguments, end="Succeeded", given=None):
        asked = []

        def answer(request):
            asked.append(f"{request.method} {request.url.path.removeprefix(BASE)}")
            if request.method == "POST":
                return httpx.Response(202, headers={"Azure-AsyncOperation": f"https://h{BASE}/op"})
            if request.url.path.endswith("/op"):
                error = {"code": "InstancesNotMoved", "message": "'one' stays."}
                return httpx.Response(200, json={"status": end, "error": error})
            one = request.url.path.endswith("/m1")
            return httpx.Response(200, json=MEMBER if one else {"value": [MEMBER]})

        session = Session()
        client = httpx.Client(transport=httpx.MockTransport(answer), base_url="https://h")
        session.__dict__["studiolo"] = Studiolo(Http(client, "token"), "s")
        done = CliRunner().invoke(region.app, list(arguments), obj=session, input=given)
        return done, asked

    return with_end


def test_members_are_listed_with_what_is_free(run):
    done, _ = run("members", "lab", "-o", "json")
    (told,) = json.loads(done.stdout)
    assert (told["name"], told["instances"], told["vcpus"]["free"]) == ("m1", 3, 5)
    assert "1000" in run("members", "lab")[0].stdout


def test_an_evacuation_is_waited_for(run):
    done, asked = run("evacuate", "lab", "m1", "--yes")
    assert done.exit_code == 0
    assert asked[:2] == ["POST /members/m1/evacuate", "GET /op"]
    assert "m1 is empty." in done.stderr


def test_an_evacuation_that_fails_tells_why_with_exit_code_1(run):
    done, _ = run("evacuate", "lab", "m1", "--yes", end="Failed")
    assert done.exit_code == 1
    assert "(InstancesNotMoved) 'one' stays." in done.stderr


def test_an_evacuation_asks_first_and_may_be_left_alone(run):
    assert run("evacuate", "lab", "m1", given="n\n")[1] == []
    done, asked = run("evacuate", "lab", "m1", "--yes", "--no-wait")
    assert asked == ["POST /members/m1/evacuate"]
    assert "m1 is being emptied." in done.stderr


def test_a_restore_is_waited_for(run):
    done, asked = run("restore", "lab", "m1")
    assert asked == ["POST /members/m1/restore", "GET /op"]
    assert "m1 takes instances again." in done.stderr
