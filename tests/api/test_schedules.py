"""Schedules as clients write and read them."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure.ai.ml.entities import (
    ComputeInstance,
    ComputeSchedules,
    ComputeStartStopSchedule,
    CronTrigger,
    RecurrencePattern,
    RecurrenceTrigger,
)
from tests.api.test_client_models import read, sent
from tests.support.api import Api

from studiolo.domain.schedules import Firing, Result
from studiolo.domain.states import Event

LISTED = "computeStartStop"

EVENING = {
    "action": "Stop",
    "triggerType": "Cron",
    "cron": {"expression": "0 18 * * 1-5", "timeZone": "Korea Standard Time"},
}
MORNING = {
    "action": "Start",
    "triggerType": "Recurrence",
    "recurrence": {
        "frequency": "Week",
        "interval": 1,
        "startTime": "2020-01-01T00:00:00",
        "timeZone": "Europe/Berlin",
        "schedule": {"hours": [8], "minutes": [30], "weekDays": ["Monday", "Friday"]},
    },
}


def listed(*schedules: dict[str, Any]) -> dict[str, Any]:
    return {LISTED: list(schedules)}


async def served(api: Api, name: str) -> list[dict[str, Any]]:
    reply = await api.call("GET", api.compute(name))
    found = reply.json()["properties"]["properties"]["schedules"]
    return found[LISTED] if found else []


async def put(api: Api, name: str, **changes: Any) -> list[dict[str, Any]]:
    reply = await api.create(name, **changes)
    assert reply.status_code in (200, 201), reply.text
    return await served(api, name)


async def update(
    api: Api, name: str, *schedules: dict[str, Any], who: str = "ann"
) -> httpx.Response:
    path = f"{api.compute(name)}/updateSchedules"
    return await api.call("POST", path, who=who, body=listed(*schedules))


async def test_what_is_created_is_served_in_azures_words(api: Api) -> None:
    evening, morning = await put(api, "ci-1", schedules=listed(EVENING, MORNING))
    assert evening.pop("id") != morning.pop("id")
    assert evening.pop("nextFireTime").endswith("T09:00:00.000000Z")
    assert morning.pop("nextFireTime") is not None
    assert evening == {
        "provisioningStatus": "Completed",
        "status": "Enabled",
        "action": "Stop",
        "triggerType": "Cron",
        "cron": {
            "expression": "0 18 * * 1-5", "startTime": None, "timeZone": "Korea Standard Time"
        },
        "recurrence": None,
        "schedule": None,
        "lastFiring": None,
    }  # fmt: skip
    assert morning["recurrence"] == {
        **MORNING["recurrence"],
        "schedule": {**MORNING["recurrence"]["schedule"], "monthDays": []},
    }


async def test_an_instance_without_schedules_has_none(api: Api) -> None:
    assert await put(api, "ci-1") == []


async def test_words_are_taken_in_any_case_and_served_in_azures(api: Api) -> None:
    loud = {
        "action": "STOP",
        "status": "disabled",
        "triggerType": "recurrence",
        "recurrence": {
            "frequency": "week", "interval": 2, "timeZone": "utc",
            "schedule": {"hours": [8], "minutes": [0], "weekDays": ["friday"]},
        },
    }  # fmt: skip
    [seen] = await put(api, "ci-1", schedules=listed(loud))
    assert (seen["action"], seen["status"], seen["triggerType"]) == (
        "Stop",
        "Disabled",
        "Recurrence",
    )
    assert seen["recurrence"]["frequency"] == "Week"
    assert seen["recurrence"]["schedule"]["weekDays"] == ["Friday"]
    assert seen["nextFireTime"] is None


async def test_what_was_read_can_be_sent_back_and_changes_nothing(api: Api) -> None:
    before = await put(api, "ci-1", schedules=listed(EVENING, MORNING))
    stored = await api.stored("ci-1")
    assert await put(api, "ci-1", schedules=listed(*before)) == before
    assert await api.stored("ci-1") == stored


@pytest.mark.parametrize("unsaid", [{}, {"schedules": None}, {"schedules": {}}])
async def test_a_put_that_says_nothing_of_schedules_leaves_them(
    api: Api, unsaid: dict[str, Any]
) -> None:
    before = await put(api, "ci-1", schedules=listed(EVENING))
    assert await put(api, "ci-1", tags={"a": "b"}, **unsaid) == before


async def test_an_empty_list_removes_them(api: Api) -> None:
    await put(api, "ci-1", schedules=listed(EVENING))
    assert await put(api, "ci-1", schedules=listed()) == []


async def test_a_patch_changes_schedules_alone(api: Api) -> None:
    [before] = await put(api, "ci-1", schedules=listed(EVENING), tags={"team": "blue"})
    off = {**before, "status": "Disabled"}
    body = {"properties": {"properties": {"schedules": listed(off)}}}
    reply = await api.call("PATCH", api.compute("ci-1"), body=body)
    assert reply.status_code == 200, reply.text
    assert reply.json()["tags"] == {"team": "blue"}
    [after] = await served(api, "ci-1")
    assert (after["id"], after["status"], after["nextFireTime"]) == (
        before["id"],
        "Disabled",
        None,
    )


async def test_they_are_updated_by_their_own_action(api: Api) -> None:
    [before] = await put(api, "ci-1", schedules=listed(EVENING))
    first = (await api.call("GET", api.compute("ci-1"))).json()["etag"]
    reply = await update(api, "ci-1", before, MORNING)
    assert reply.status_code == 200, reply.text
    assert reply.json()["etag"] != first
    evening, morning = await served(api, "ci-1")
    assert evening == before
    assert morning["action"] == "Start"
    again = await update(api, "ci-1", evening, morning)
    assert again.json()["etag"] == reply.json()["etag"]


async def test_who_may_operate_an_instance_may_update_its_schedules(api: Api) -> None:
    await put(api, "ci-1")
    assert (await update(api, "ci-1", EVENING, who="dan")).status_code == 200
    assert (await update(api, "ci-1", who="rea")).status_code == 403


async def test_another_instances_ids_mean_nothing(api: Api) -> None:
    [first] = await put(api, "ci-1", schedules=listed(EVENING))
    [second] = await put(api, "ci-2", schedules=listed(first))
    assert second["id"] != first["id"]


async def test_a_copy_does_not_start_and_stop_by_itself(api: Api) -> None:
    await api.running("ci-1")
    assert (await update(api, "ci-1", EVENING)).status_code == 200
    reply = await api.call("POST", f"{api.compute('ci-1')}/clone", body={"name": "copy-ci"})
    assert reply.status_code == 201, reply.text
    assert await served(api, "copy-ci") == []


async def test_a_firing_without_effect_is_an_error_until_something_else_is_asked(api: Api) -> None:
    await api.running("ci-1")
    await update(api, "ci-1", EVENING)
    before = await api.stored("ci-1")
    assert before is not None
    now = api.services.clock() + timedelta(seconds=1)
    missed = Firing(now - timedelta(hours=2), now, Result.MISSED, "Stop it yourself.")
    await _store(api, "ci-1", missed)
    inner = (await api.call("GET", api.compute("ci-1"))).json()["properties"]["properties"]
    [told] = inner["errors"]
    assert told["error"]["code"] == "ScheduleFailed"
    assert told["error"]["message"].endswith("UTC did not happen. Stop it yourself.")
    last = inner["schedules"][LISTED][0]["lastFiring"]
    assert (last["result"], last["reason"]) == ("Missed", "Stop it yourself.")


async def test_a_person_who_acts_has_read_it(api: Api) -> None:
    await api.running("ci-1")
    await update(api, "ci-1", EVENING)
    now = api.services.clock()
    missed = Firing(now - timedelta(hours=2), now - timedelta(hours=1), Result.MISSED, "Stop it.")
    await _store(api, "ci-1", missed)
    await api.call("POST", f"{api.compute('ci-1')}/stop")
    inner = (await api.call("GET", api.compute("ci-1"))).json()["properties"]["properties"]
    assert inner["errors"] == []


async def _store(api: Api, name: str, last: Firing) -> None:
    before = await api.stored(name)
    assert before is not None
    after = replace(before, schedules=(replace(before.schedules[0], last=last),))
    async with api.services.database.transaction() as tx:
        assert await tx.computes.save(after, if_etag=before.etag, due_at=None)


# --- azure-ai-ml's own models ---------------------------------------------------------------


def sdk_instance(*schedules: ComputeStartStopSchedule) -> ComputeInstance:
    made = ComputeInstance(
        name="sdk-ci",
        size="Standard_DS3_v2",
        schedules=ComputeSchedules(compute_start_stop=list(schedules)),
    )
    made.location = "local"
    return made


async def test_schedules_of_azures_client_are_created_read_and_sent_back(api: Api) -> None:
    wanted = sdk_instance(
        ComputeStartStopSchedule(
            action="Stop",
            trigger=CronTrigger(expression="0 18 * * *", time_zone="Korea Standard Time"),
        ),
        ComputeStartStopSchedule(
            action="Start",
            state="Disabled",
            trigger=RecurrenceTrigger(
                frequency="week", interval=1, start_time="2026-01-01T00:00:00",
                schedule=RecurrencePattern(hours=8, minutes=[0], week_days=["monday", "friday"]),
            ),
        ),
        ComputeStartStopSchedule(
            action="Start", trigger=RecurrenceTrigger(frequency="day", interval=2)
        ),
    )  # fmt: skip
    created = await api.call("PUT", api.compute("sdk-ci"), body=sent(wanted))
    assert created.status_code == 201, created.text
    await api.move("sdk-ci", Event.READY)
    seen = read(await api.call("GET", api.compute("sdk-ci")))
    stop, start, plain = seen.schedules.compute_start_stop
    assert (stop.action, stop.state, stop.provisioning_state) == ("Stop", "Enabled", "Completed")
    assert stop.schedule_id
    assert (stop.trigger.expression, stop.trigger.time_zone) == (
        "0 18 * * *",
        "Korea Standard Time",
    )
    assert (start.state, start.trigger.interval) == ("Disabled", 1)
    assert start.trigger.frequency.lower() == "week"
    assert (start.trigger.schedule.hours, start.trigger.schedule.week_days) == (
        [8],
        ["Monday", "Friday"],
    )
    assert plain.trigger.schedule.hours == []
    stored = await api.stored("sdk-ci")
    again = await api.call("PUT", api.compute("sdk-ci"), body=sent(seen))
    assert again.status_code == 200, again.text
    assert await api.stored("sdk-ci") == stored


async def test_azures_client_removes_schedules_by_an_empty_list(api: Api) -> None:
    stop = ComputeStartStopSchedule(action="Stop", trigger=CronTrigger(expression="0 18 * * *"))
    await api.call("PUT", api.compute("sdk-ci"), body=sent(sdk_instance(stop)))
    reply = await api.call("PUT", api.compute("sdk-ci"), body=sent(sdk_instance()))
    assert reply.status_code == 200, reply.text
    assert await served(api, "sdk-ci") == []
