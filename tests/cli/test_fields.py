import pytest

from studiolo.cli.fields import assign, changed, read_yaml, tags
from studiolo.client.errors import ClientError


def test_set_keeps_the_type_of_yaml_scalars():
    data = {}
    assign(data, ["enable_sso=false", "idle_time_before_shutdown_minutes=30", "description=a=b"])
    assert data == {
        "enable_sso": False,
        "idle_time_before_shutdown_minutes": 30,
        "description": "a=b",
    }


@pytest.mark.parametrize(
    ("present", "changes", "assignments", "sent"),
    [
        ("PT30M", {}, ["description=mine"], "PT30M"),
        ("PT30M5S", {}, ["description=mine"], "PT30M5S"),
        (None, {}, ["description=mine"], None),
        (None, {}, ["idle_time_before_shutdown_minutes=45"], "PT45M"),
        ("PT30M", {}, ["idle_time_before_shutdown_minutes=45"], "PT45M"),
        ("PT30M", {}, ["idle_time_before_shutdown=PT1H"], "PT1H"),
        ("PT30M", {"idle_time_before_shutdown": "PT1H"}, [], "PT1H"),
        ("PT30M", {}, ["idle_time_before_shutdown_minutes=null"], None),
        ("PT30M", {"idle_time_before_shutdown_minutes": None}, [], None),
    ],
)
def test_the_idle_time_stays_unless_either_of_its_fields_says_otherwise(
    present, changes, assignments, sent
):
    inner = {"vmSize": "Standard_DS3_v2", "idleTimeBeforeShutdown": present}
    current = {"name": "a-ci", "location": "local", "properties": {"properties": inner}}
    body = changed(current, changes, assignments)
    assert body["properties"]["properties"].get("idleTimeBeforeShutdown") == sent


def test_set_reaches_into_mappings_and_lists():
    data = {"schedules": {"compute_start_stop": [{"state": "enabled"}]}}
    assign(data, ["schedules.compute_start_stop[0].state=disabled", "tags.team=vision"])
    assert data["schedules"]["compute_start_stop"][0]["state"] == "disabled"
    assert data["tags"] == {"team": "vision"}


@pytest.mark.parametrize("assignment", ["name", "=x", "tags[0]=x", "size.big=x", "list[3]=x"])
def test_set_that_leads_nowhere_is_refused(assignment):
    data = {"size": "s", "tags": {}, "list": []}
    with pytest.raises(ClientError, match="--set"):
        assign(data, [assignment])


def test_tags_come_as_words_or_repeated():
    assert tags(["a=1 b=2", "c"]) == {"a": "1", "b": "2", "c": ""}


def test_file_that_is_not_a_mapping_is_refused(tmp_path):
    file = tmp_path / "x.yml"
    file.write_text("- a\n")
    with pytest.raises(ClientError, match="not a YAML mapping"):
        read_yaml(file)
    file.write_text("a: [")
    with pytest.raises(ClientError, match="cannot be read as YAML"):
        read_yaml(file)
