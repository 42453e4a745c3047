"""Schedules by the command line: Azure's YAML in, the same out, and one turned off."""

import json
from pathlib import Path

from tests.support.launched import Launched

FILE = """
name: timed-ci
type: computeinstance
schedules:
  compute_start_stop:
    - action: stop
      trigger: {type: cron, expression: 0 18 * * 1-5, time_zone: Korea Standard Time}
    - action: start
      state: disabled
      trigger:
        type: recurrence
        frequency: week
        interval: 1
        start_time: 2026-01-01T07:00:00
        time_zone: UTC
        schedule: {hours: [8], minutes: [0], week_days: [monday, friday]}
"""


def shown(deployment: Launched) -> list[dict[str, object]]:
    text = deployment.ok("compute", "show", "-n", "timed-ci", "-o", "json")
    return json.loads(text)["schedules"]["compute_start_stop"]


def test_schedules_of_a_file_are_created_shown_and_turned_off(
    deployment: Launched, tmp_path: Path
) -> None:
    path = tmp_path / "ci.yml"
    path.write_text(FILE)
    deployment.ok("compute", "create", "-f", str(path), "-o", "none")
    try:
        stop, start = shown(deployment)
        assert (stop["action"], stop["state"]) == ("stop", "enabled")
        assert str(stop["next_fire_time"]).endswith("T09:00:00.000000Z")
        assert (start["action"], start["state"]) == ("start", "disabled")
        assert start["trigger"]["schedule"]["week_days"] == ["monday", "friday"]
        off = "schedules.compute_start_stop[0].state=disabled"
        deployment.ok("compute", "update", "-n", "timed-ci", "--set", off, "-o", "none")
        after, other = shown(deployment)
        assert (after["schedule_id"], after["state"]) == (stop["schedule_id"], "disabled")
        assert "next_fire_time" not in after
        assert other == start
    finally:
        deployment.run("compute", "delete", "-n", "timed-ci", "-y", "--no-wait")
