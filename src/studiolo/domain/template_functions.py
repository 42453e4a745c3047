"""The functions of ARM templates that Studiolo knows, as plain functions over JSON values.

Names, arguments and results follow Azure's reference
(https://learn.microsoft.com/azure/azure-resource-manager/templates/template-functions). Two differ
on purpose: `uniqueString` and `guid` are as stable and as long as Azure's but are other values,
since Azure does not publish its hash.

A function that meets a value it cannot use raises :class:`Misuse` with the rest of a sentence; the
evaluator adds which function of which expression it was.
"""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from studiolo.domain.template_language import Json, read_json

MAX_TEXT = 131_072
"""Characters in one text that a function returns."""

_GUIDS = uuid.UUID("3c1f6a52-4d5f-4ad5-9d7f-0f4f4a1b6f5e")
"""Name space of `guid()`: a random UUID, fixed once."""


class Misuse(Exception):
    """A function was given what it cannot use; `str(error)` completes "f(...): "."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the template language.

    :param fewest: arguments it needs.
    :param most: arguments it takes; None for any number.
    """

    name: str
    apply: Callable[..., Json]
    fewest: int
    most: int | None

    def __call__(self, arguments: Sequence[Json]) -> Json:
        """Apply the function.

        :raises Misuse: wrong number or kind of arguments.
        """
        if len(arguments) < self.fewest or (self.most is not None and len(arguments) > self.most):
            raise Misuse(f"takes {self._wanted()}, not {len(arguments)}")
        return self.apply(*arguments)

    def _wanted(self) -> str:
        if self.most is None:
            return f"at least {self.fewest} arguments"
        if self.most == self.fewest:
            return f"{self.fewest} arguments"
        return f"{self.fewest} to {self.most} arguments"


FUNCTIONS: dict[str, Function] = {}
"""By lower-case name, as ARM ignores case. What needs the template or the deployment, and what
must not evaluate all its arguments, is the evaluator's."""

_Apply = TypeVar("_Apply", bound=Callable[..., Json])


def _known(name: str, fewest: int, most: int | None = 0) -> Callable[[_Apply], _Apply]:
    """Register a function; `most` is `fewest` unless given."""

    def register(apply: _Apply) -> _Apply:
        FUNCTIONS[name.lower()] = Function(name, apply, fewest, fewest if most == 0 else most)
        return apply

    return register


def type_name(value: Json) -> str:
    """Azure's word for a value's type."""
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _text(value: Json) -> str:
    if not isinstance(value, str):
        raise Misuse(f"needs a string, not {type_name(value)}")
    return value


def _integer(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Misuse(f"needs an integer, not {type_name(value)}")
    return _limited_int(value)


def _boolean(value: Json) -> bool:
    if not isinstance(value, bool):
        raise Misuse(f"needs a boolean, not {type_name(value)}")
    return value


def _plain(value: Json) -> str:
    """A value as `concat` and `format` print it."""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise Misuse(f"makes a text of more than {MAX_TEXT} characters")
    return text


def _limited_int(value: int) -> int:
    if not -(2**63) <= value < 2**63:
        raise Misuse("leaves the range of a 64-bit integer")
    return value


@_known("concat", 1, None)
def _concat(*values: Json) -> Json:
    if all(isinstance(value, list) for value in values):
        return [item for value in values for item in value]
    if any(isinstance(value, list | dict) for value in values):
        raise Misuse("joins texts or arrays, not a mixture and not objects")
    return _bounded("".join(_plain(value) for value in values))


_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


@_known("format", 1, None)
def _format(pattern: Json, *values: Json) -> str:
    def fill(match: re.Match[str]) -> str:
        if match[0] in {"{{", "}}"}:
            return match[0][0]
        index = match[1]
        if index is None or not index.isascii() or not index.isdigit():
            raise Misuse(f"knows placeholders like {{0}}, not '{match[0][:40]}'")
        if len(index) > 3 or int(index) >= len(values):
            raise Misuse(f"has no value for the placeholder '{match[0][:40]}'")
        return _plain(values[int(index)])

    return _bounded(_PLACEHOLDER.sub(fill, _text(pattern)))


@_known("toLower", 1)
def _to_lower(text: Json) -> str:
    return _text(text).lower()


@_known("toUpper", 1)
def _to_upper(text: Json) -> str:
    return _text(text).upper()


@_known("trim", 1)
def _trim(text: Json) -> str:
    return _text(text).strip()


@_known("replace", 3)
def _replace(text: Json, old: Json, new: Json) -> str:
    if not _text(old):
        raise Misuse("cannot replace an empty text")
    if _text(text).count(old) * len(_text(new)) > MAX_TEXT:
        raise Misuse(f"makes a text of more than {MAX_TEXT} characters")
    return _bounded(text.replace(old, new))


@_known("substring", 2, 3)
def _substring(text: Json, start: Json, length: Json = None) -> str:
    first, size = _integer(start), len(_text(text))
    count = size - first if length is None else _integer(length)
    if first < 0 or count < 0 or first + count > size:
        raise Misuse(f"asks for characters outside a text of {size}")
    return str(text[first : first + count])


@_known("split", 2)
def _split(text: Json, separator: Json) -> list[Json]:
    marks = separator if isinstance(separator, list) else [separator]
    if not all(_text(mark) for mark in marks):
        raise Misuse("needs a separator that is not empty")
    if not marks:
        return [_text(text)]
    return list(re.split("|".join(re.escape(mark) for mark in marks), _text(text)))


@_known("join", 2)
def _join(values: Json, separator: Json) -> str:
    if not isinstance(values, list):
        raise Misuse(f"needs an array, not {type_name(values)}")
    return _bounded(_text(separator).join(_plain(value) for value in values))


@_known("startsWith", 2)
def _starts_with(text: Json, start: Json) -> bool:
    return _text(text).lower().startswith(_text(start).lower())


@_known("endsWith", 2)
def _ends_with(text: Json, end: Json) -> bool:
    return _text(text).lower().endswith(_text(end).lower())


def _digest(values: Sequence[Json]) -> bytes:
    return hashlib.sha256(
        "-".join(_text(value) for value in values).encode(errors="surrogatepass")
    ).digest()


@_known("uniqueString", 1, None)
def _unique_string(*values: Json) -> str:
    return base64.b32encode(_digest(values)).decode().lower()[:13]


@_known("guid", 1, None)
def _guid(*values: Json) -> str:
    return str(uuid.uuid5(_GUIDS, _digest(values).hex()))


@_known("string", 1)
def _string(value: Json) -> str:
    return _bounded(_plain(value))


@_known("int", 1)
def _int(value: Json) -> int:
    if isinstance(value, str):
        if not re.fullmatch(r"-?[0-9]{1,18}", value):
            raise Misuse(f"cannot make an integer of '{value[:40]}'")
        return int(value)
    return _integer(value)


@_known("bool", 1)
def _bool(value: Json) -> bool:
    words = {"true": True, "false": False, "1": True, "0": False}
    if isinstance(value, bool):
        return value
    found = words.get(str(value).lower()) if isinstance(value, str | int) else None
    if found is None:
        raise Misuse(f"cannot make a boolean of {type_name(value)}")
    return found


@_known("json", 1)
def _json(text: Json) -> Json:
    if len(_text(text)) > MAX_TEXT:
        raise Misuse(f"reads at most {MAX_TEXT} characters")
    try:
        return read_json(text)
    except ValueError:
        raise Misuse("was given a text that is not JSON") from None


@_known("array", 1)
def _array(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


@_known("createArray", 0, None)
def _create_array(*values: Json) -> list[Json]:
    return list(values)


@_known("createObject", 0, None)
def _create_object(*pairs: Json) -> dict[str, Json]:
    if len(pairs) % 2:
        raise Misuse("needs a value for each key")
    return {_text(key): value for key, value in zip(pairs[::2], pairs[1::2], strict=True)}


@_known("union", 1, None)
def _union(*values: Json) -> Json:
    if all(isinstance(value, dict) for value in values):
        return {key: item for value in values for key, item in value.items()}
    if not all(isinstance(value, list) for value in values):
        raise Misuse("joins objects or arrays, not a mixture")
    seen: dict[str, Json] = {}
    for value in values:
        for item in value:
            seen.setdefault(json.dumps(item, sort_keys=True), item)
    return list(seen.values())


@_known("first", 1)
def _first(value: Json) -> Json:
    return _end(value, 0)


@_known("last", 1)
def _last(value: Json) -> Json:
    return _end(value, -1)


def _end(value: Json, index: int) -> Json:
    if not isinstance(value, str | list):
        raise Misuse(f"needs an array or a string, not {type_name(value)}")
    if not value:
        return "" if isinstance(value, str) else None
    return value[index]


@_known("length", 1)
def _length(value: Json) -> int:
    if not isinstance(value, str | list | dict):
        raise Misuse(f"needs a string, array or object, not {type_name(value)}")
    return len(value)


@_known("empty", 1)
def _empty(value: Json) -> bool:
    return value is None or _length(value) == 0


@_known("contains", 2)
def _contains(container: Json, item: Json) -> bool:
    if isinstance(container, str):
        return _plain(item) in container
    if isinstance(container, dict):
        return _text(item).lower() in {key.lower() for key in container}
    if isinstance(container, list):
        return any(_equals(value, item) for value in container)
    raise Misuse(f"needs a string, array or object, not {type_name(container)}")


@_known("equals", 2)
def _equals(left: Json, right: Json) -> bool:
    """Python takes True for 1; ARM does not."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


def _ordered(left: Json, right: Json) -> tuple[Any, Any]:
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    return _integer(left), _integer(right)


@_known("less", 2)
def _less(left: Json, right: Json) -> bool:
    smaller, larger = _ordered(left, right)
    return bool(smaller < larger)


@_known("lessOrEquals", 2)
def _less_or_equals(left: Json, right: Json) -> bool:
    return not _less(right, left)


@_known("greater", 2)
def _greater(left: Json, right: Json) -> bool:
    return _less(right, left)


@_known("greaterOrEquals", 2)
def _greater_or_equals(left: Json, right: Json) -> bool:
    return not _less(left, right)


@_known("not", 1)
def _not(value: Json) -> bool:
    return not _boolean(value)


@_known("add", 2)
def _add(left: Json, right: Json) -> int:
    return _limited_int(_integer(left) + _integer(right))


@_known("sub", 2)
def _sub(left: Json, right: Json) -> int:
    return _limited_int(_integer(left) - _integer(right))


@_known("mul", 2)
def _mul(left: Json, right: Json) -> int:
    return _limited_int(_integer(left) * _integer(right))
