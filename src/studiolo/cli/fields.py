"""YAML files, `--set path=value` and `--tags key=value`."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from studiolo.client.compute_file import CLIENT_KEYS, IDLE_FIELDS, IDLE_KEY, to_body
from studiolo.client.compute_view import from_resource
from studiolo.client.errors import ClientError

Json = dict[str, Any]
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def _wrong(message: str, target: str | None = None) -> ClientError:
    return ClientError(message, code="InvalidArgumentValue", target=target)


def read_yaml(path: Path | None) -> Json:
    """A YAML file's mapping; no file is an empty one.

    :raises ClientError: the file is not a YAML mapping.
    """
    if path is None:
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise _wrong(f"{path} cannot be read as YAML: {said}.") from error
    if not isinstance(data, dict):
        raise _wrong(f"{path} is not a YAML mapping.")
    return data


def assign(data: Json, assignments: Iterable[str]) -> None:
    """Apply `path.to[0].field=value`; values are YAML scalars, so `true` and `5` keep their type.

    :raises ClientError: an assignment has no `=`, or its path leads through something else.
    """
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        steps = [key or int(index) for key, index in _STEP.findall(path)]
        if not equals or not steps:
            raise _wrong(f"--set {assignment}: write it as path.to.field=value.")
        try:
            _put(data, steps, yaml.safe_load(text) if text else "")
        except (TypeError, KeyError, IndexError, yaml.YAMLError) as error:
            raise _wrong(f"--set {assignment}: there is nothing to set at '{path}'.") from error


def _put(data: Any, steps: list[str | int], value: Any) -> None:
    *inner, last = steps
    for step in inner:
        if isinstance(data, dict) and isinstance(step, str):
            data = data.setdefault(step, {})
        else:
            data = data[step]
    if isinstance(data, dict) and not isinstance(last, str):
        raise TypeError("a mapping has no positions")
    data[last] = value


def tags(given: Iterable[str]) -> dict[str, str]:
    """Tags from `key=value` words; a word without `=` is a tag with an empty value."""
    words = [word for text in given for word in text.split()]
    return {key: value for key, _, value in (word.partition("=") for word in words)}


def without_none(given: Json) -> Json:
    """`given` without the options that were not given."""
    return {key: value for key, value in given.items() if value is not None}


def changed(current: Json, changes: Json, assignments: Iterable[str]) -> Json:
    """The body that makes `current` (a compute, as the server sent it) have the changes.

    Settings that neither the file nor `--set` names stay as the server has them.
    """
    shown = from_resource(current)
    # Two fields say one thing. Where either is said, also as null, what the server has is not kept.
    view = {key: value for key, value in shown.items() if key not in IDLE_FIELDS} | changes
    assign(view, assignments)
    if not any(field in view for field in IDLE_FIELDS):
        view |= {key: shown[key] for key in IDLE_FIELDS if key in shown}
    body = to_body(view, str(current.get("location", "")))
    outer, now = body["properties"], current.get("properties") or {}
    if "ssh_public_access_enabled" not in view and "disableLocalAuth" in now:
        outer["disableLocalAuth"] = now["disableLocalAuth"]
    inner = now.get("properties") or {}
    kept = {key: inner[key] for key in CLIENT_KEYS if inner.get(key) is not None}
    kept.pop(IDLE_KEY, None)  # in the body already, or switched off
    outer["properties"] = kept | outer["properties"]
    for key in ("identity", "tags"):
        if key not in body and current.get(key):
            body[key] = current[key]
    return body
