"""Reading the expressions of ARM templates: `[concat('ws/', parameters('name'))]`.

A string that begins with one `[` and ends with `]` is an expression; `[[` is an escaped bracket
(https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions). The
grammar is small:

    expression := (text | integer | name '(' [expression {',' expression}] ')') {accessor}
    accessor   := '.' name | '[' expression ']'

There are no operators, no assignments and no loops, so an expression can only combine what it is
given. What remains to guard is size: length, nesting, and (in the evaluator) the work done.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from studiolo.domain.errors import InvalidInput

Json: TypeAlias = Any
"""str, int, float, bool, None, or lists and string-keyed dicts of these."""

MAX_EXPRESSION = 24_576
"""Characters in one expression: Azure's limit."""

MAX_DEPTH = 48
"""Nesting of calls and of JSON. Enough for every template seen, far below Python's own limit."""


class TemplateError(InvalidInput):
    """The template cannot be used as it is; the message names what is wrong in it."""

    default_code = "InvalidTemplate"


@dataclass(frozen=True, slots=True)
class Literal:
    """A quoted text or an integer."""

    value: str | int


@dataclass(frozen=True, slots=True)
class Call:
    """`name(arguments)`."""

    name: str
    arguments: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Access:
    """`target.key` or `target[key]`."""

    target: "Node"
    key: "Node"


Node: TypeAlias = Literal | Call | Access


def read_json(text: str) -> Json:
    """Parse JSON strictly: no NaN or Infinity, no nesting that would exhaust the stack.

    :raises ValueError: it is not JSON, or too deep.
    """
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if measure(value)[1] > MAX_DEPTH:
        raise ValueError(f"it is nested more than {MAX_DEPTH} deep")
    return value


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is not JSON")


def measure(value: Json) -> tuple[int, int]:
    """How big a value is (values in it, plus one per hundred characters) and how deeply nested.

    Without recursion, so that it can be asked about anything.
    """
    size, deepest = 0, 0
    waiting = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        size, deepest = size + 1, max(deepest, depth)
        if isinstance(item, str):
            size += len(item) // 100
        elif isinstance(item, list):
            waiting.extend((child, depth + 1) for child in item)
        elif isinstance(item, dict):
            waiting.extend((child, depth + 1) for child in item.values())
    return size, deepest


def is_expression(text: str) -> bool:
    """Whether `text` is to be evaluated rather than taken as it is."""
    return text.startswith("[") and text.endswith("]") and not text.startswith("[[")


def unescape(text: str) -> str:
    """A text that is no expression, as it is meant: `[[x]` stands for `[x]`."""
    return text[1:] if text.startswith("[[") and text.endswith("]") else text


def parse(text: str) -> Node:
    """The tree of an expression, its outer brackets included in `text`.

    :raises TemplateError: it is too long, too deep, or not an expression.
    """
    if len(text) > MAX_EXPRESSION:
        raise TemplateError(
            f"An expression of {len(text)} characters is longer than the {MAX_EXPRESSION} allowed."
        )
    return _Parser(text).whole()


_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?[0-9]{1,19}(?![0-9]))"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[()\[\],.]))"
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    value: str


class _Parser:
    """Recursive descent over the tokens of one expression."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def whole(self) -> Node:
        self._expect("[")
        node = self._expression(0)
        self._expect("]")
        if self._next != len(self._tokens):
            raise self._wrong("it goes on after its closing bracket")
        return node

    def _expression(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self._wrong(f"it is nested more than {MAX_DEPTH} deep")
        node = self._primary(depth)
        for _ in range(MAX_DEPTH):
            if self._take("."):
                node = Access(node, Literal(self._name()))
            elif self._take("["):
                node = Access(node, self._expression(depth + 1))
                self._expect("]")
            else:
                return node
        raise self._wrong(f"it follows more than {MAX_DEPTH} properties")

    def _primary(self, depth: int) -> Node:
        token = self._advance()
        if token.kind == "text":
            return Literal(token.value[1:-1].replace("''", "'"))
        if token.kind == "number":
            return Literal(int(token.value))
        if token.kind != "name":
            raise self._wrong(f"'{token.value}' stands where a value should")
        self._expect("(")
        return Call(token.value, self._arguments(depth))

    def _arguments(self, depth: int) -> tuple[Node, ...]:
        if self._take(")"):
            return ()
        found = [self._expression(depth + 1)]
        while self._take(","):
            found.append(self._expression(depth + 1))
        self._expect(")")
        return tuple(found)

    def _name(self) -> str:
        token = self._advance()
        if token.kind != "name":
            raise self._wrong(f"'{token.value}' is not the name of a property")
        return token.value

    def _advance(self) -> _Token:
        if self._next == len(self._tokens):
            raise self._wrong("it ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def _take(self, mark: str) -> bool:
        if self._next < len(self._tokens) and self._tokens[self._next] == _Token("mark", mark):
            self._next += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        if not self._take(mark):
            raise self._wrong(f"'{mark}' is missing")

    def _wrong(self, why: str) -> TemplateError:
        return TemplateError(f"The expression {shown(self._text)} cannot be read: {why}.")


def shown(text: str, limit: int = 120) -> str:
    """`text` in quotes, cut to `limit` characters, for a message."""
    return repr(text if len(text) <= limit else text[: limit - 3] + "...")


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    end = len(text.rstrip())
    position = 0
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None:
            raise TemplateError(
                f"The expression {shown(text)} cannot be read at {shown(text[position:], 20)}."
            )
        kind = match.lastgroup or "mark"
        tokens.append(_Token(kind, match[kind]))
        position = match.end()
    return tokens
