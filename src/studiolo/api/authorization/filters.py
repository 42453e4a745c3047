"""`$filter`, as far as Azure's clients use it for roles: comparisons and functions joined by `and`.

Source: "List Azure role assignments" and "List Azure role definitions" by the REST API,
https://learn.microsoft.com/azure/role-based-access-control/role-assignments-list-rest
"""

import re
from dataclasses import dataclass

from fastapi import Request

from studiolo.domain.errors import InvalidInput

_TERM = re.compile(
    r"""\s*(?:
        (?P<field>[A-Za-z]+)\s+eq\s+'?(?P<value>(?:[^']|'')*?)'?
        | (?P<function>[A-Za-z]+)\(\s*(?:'(?P<argument>[^']*)')?\s*\)
    )\s*""",
    re.VERBOSE,
)
_AND = re.compile(r"\s+and\s+(?=(?:[^']*'[^']*')*[^']*$)", re.IGNORECASE)
_LONGEST = 1024


@dataclass(frozen=True, slots=True)
class Filter:
    """A parsed filter; names in lower case.

    :param equals: field -> value, from `field eq 'value'`.
    :param functions: function -> argument (empty without one), from `function('argument')`.
    """

    equals: dict[str, str]
    functions: dict[str, str]


def read_filter(request: Request, *, fields: frozenset[str], functions: frozenset[str]) -> Filter:
    """The request's `$filter`.

    :param fields: accepted field names, in lower case.
    :param functions: accepted function names, in lower case.
    :raises InvalidInput: it is not understood; nothing is ever ignored.
    """
    text = next(
        (value for key, value in request.query_params.items() if key.lower() == "$filter"), ""
    )
    found = Filter({}, {})
    for term in _AND.split(text) if text.strip() else []:
        matched = _TERM.fullmatch(term) if len(text) <= _LONGEST else None
        if matched is None or not _note(found, matched, fields, functions):
            raise InvalidInput(
                f"The filter '{text[:120]}' is not supported. Use "
                f"{_known(fields, functions)}, joined by 'and'.",
                code="InvalidFilter",
                target="$filter",
            )
    return found


def _note(
    found: Filter, matched: re.Match[str], fields: frozenset[str], functions: frozenset[str]
) -> bool:
    if matched["field"] is not None:
        name = matched["field"].lower()
        found.equals[name] = matched["value"].replace("''", "'")
        return name in fields
    name = matched["function"].lower()
    found.functions[name] = matched["argument"] or ""
    return name in functions


def _known(fields: frozenset[str], functions: frozenset[str]) -> str:
    known = [f"{name} eq '...'" for name in sorted(fields)]
    return ", ".join(known + [f"{name}()" for name in sorted(functions)])
