"""The unmodified azure-ai-ml over https against a whole deployment; see scenarios.py."""

import pytest


@pytest.mark.parametrize(
    "scenario",
    [
        "workspaces",
        "workspace_refusals",
        "compute_lifecycle",
        "compute_update",
        "compute_idle_shutdown",
        "compute_schedules",
        "compute_in_a_subnet",
        "compute_refusals",
        "catalogue",
        "resource_groups",
    ],
)
def test_sdk_does(fake_sdk, scenario):
    fake_sdk(scenario)


def test_sdk_leads_a_real_machine_through_its_life(process_sdk):
    process_sdk("compute_lifecycle")
