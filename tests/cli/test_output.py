import json

import pytest
import yaml

from studiolo.cli.output import Format, show
from studiolo.client.errors import ClientError

ITEMS = [
    {"name": "a", "size": {"cpu": 4}, "on": True, "note": None},
    {"name": "b [red]", "size": {"cpu": 8}, "on": False, "note": "x\ty"},
]
COLUMNS = {"Name": "name", "CPU": "size.cpu", "On": "on", "Note": "note"}


def test_table_has_headings_and_a_row_per_item(capsys):
    show(ITEMS, Format.TABLE, COLUMNS)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Name", "CPU", "On", "Note"]
    assert lines[1].split() == ["a", "4", "true"]
    assert len(lines) == 3


def test_table_prints_brackets_as_they_are(capsys):
    show(ITEMS, Format.TABLE, COLUMNS)
    assert "b [red]" in capsys.readouterr().out


def test_table_into_a_pipe_cuts_nothing(capsys):
    long = "x" * 500
    show([{"name": long}], Format.TABLE, {"Name": "name"})
    assert long in capsys.readouterr().out


def test_tsv_has_no_heading_and_one_line_per_item(capsys):
    show(ITEMS, Format.TSV, COLUMNS)
    assert capsys.readouterr().out == "a\t4\ttrue\t\nb [red]\t8\tfalse\tx y\n"


def test_json_is_everything(capsys):
    show(ITEMS, Format.JSON, COLUMNS)
    assert json.loads(capsys.readouterr().out) == ITEMS


def test_yaml_is_everything(capsys):
    show(ITEMS[0], Format.YAML, COLUMNS)
    assert yaml.safe_load(capsys.readouterr().out) == ITEMS[0]


def test_none_prints_nothing(capsys):
    show(ITEMS, Format.NONE, COLUMNS)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("[].name", "a\nb [red]\n"),
        ("[].[name, size.cpu]", "a\t4\nb [red]\t8\n"),
        ("[0].size.cpu", "4\n"),
        ("[?on].name | [0]", "a\n"),
        ("[5]", ""),
    ],
)
def test_query_chooses_what_is_printed(capsys, query, printed):
    show(ITEMS, Format.TSV, COLUMNS, query)
    assert capsys.readouterr().out == printed


def test_query_that_is_not_jmespath_is_refused_by_name(capsys):
    with pytest.raises(ClientError, match="--query is not JMESPath"):
        show(ITEMS, Format.JSON, COLUMNS, "[?")
