"""How results are printed: data on stdout in one of six formats, everything else on stderr."""

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import jmespath
import yaml
from jmespath.exceptions import JMESPathError
from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table

from studiolo.client.errors import ClientError

Columns = Mapping[str, str]
"""Heading -> JMESPath within one item, for `-o table`."""


COMPUTE_COLUMNS: Columns = {
    "Name": "name",
    "State": "state",
    "Size": "size",
    "Location": "location",
    "Created": "created_on",
    "Problem": "errors[0].message",
}


class Format(StrEnum):
    """Azure's output formats."""

    TABLE = "table"
    JSON = "json"
    JSONC = "jsonc"
    YAML = "yaml"
    TSV = "tsv"
    NONE = "none"


def notes() -> Console:
    """A console on stderr, for progress and sentences."""
    return Console(stderr=True, highlight=False)


def show(data: Any, form: Format, columns: Columns, query: str | None = None) -> None:
    """Print `data`, a JSON object or a list of them.

    :param columns: what a table shows; a query's result has columns of its own.
    :raises ClientError: the query is not JMESPath.
    """
    if query:
        data = _search(data, query)
        columns = {}
    if form is Format.TABLE:
        _table(data, columns)
    elif form is Format.TSV:
        _tsv(data, columns)
    elif form is Format.JSONC:
        Console().print(Syntax(_json(data), "json", background_color="default"))
    elif form is Format.JSON:
        sys.stdout.write(_json(data) + "\n")
    elif form is Format.YAML:
        sys.stdout.write(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


def _search(data: Any, query: str) -> Any:
    try:
        return jmespath.search(query, data)
    except JMESPathError as error:
        said = " ".join(str(error).split())
        raise ClientError(f"--query is not JMESPath: {said}.", code="InvalidQuery") from error


def _rows(data: Any, columns: Columns) -> tuple[list[str], list[list[Any]]]:
    """Headings and cells; plain values become a single unnamed column."""
    items = data if isinstance(data, list) else ([] if data is None else [data])
    if columns:
        paths = [jmespath.compile(path) for path in columns.values()]
        return list(columns), [[path.search(item) for path in paths] for item in items]
    if items and all(isinstance(item, Mapping) for item in items):
        heads = list(dict.fromkeys(key for item in items for key in item))
        return heads, [[item.get(key) for key in heads] for item in items]
    return [], [list(item) if isinstance(item, list) else [item] for item in items]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _table(data: Any, columns: Columns) -> None:
    heads, rows = _rows(data, columns)
    console = Console(highlight=False)
    if not console.is_terminal:
        # A pipe has no width to fit into: nothing is cut.
        console = Console(highlight=False, width=_wide(heads, rows))
    table = Table(box=None, pad_edge=False, show_header=bool(heads), header_style="bold")
    for head in heads or ["" for _ in (rows[0] if rows else ())]:
        table.add_column(head, no_wrap=not console.is_terminal, overflow="fold")
    for row in rows:
        table.add_row(*(_plain(value) for value in row))
    console.print(table)


def _plain(value: Any) -> str:
    """A cell's text, with what Rich would read as markup escaped."""
    return _cell(value).replace("[", r"\[")


def _wide(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    widths = [sum(len(_cell(value)) + 2 for value in row) for row in [heads, *rows]]
    return max(80, 2 * max(widths, default=80))


def _tsv(data: Any, columns: Columns) -> None:
    _, rows = _rows(data, columns)
    for row in rows:
        cells = (_cell(value).replace("\t", " ").replace("\n", " ") for value in row)
        sys.stdout.write("\t".join(cells) + "\n")
