"""`$filter` of resource and group lists: the few comparisons Azure's clients send.

`resourceType eq 'X'`, `resourceGroup eq 'x'`, `name eq 'x'`, `location eq 'x'`, `tagName eq 'a'`
and `tagValue eq 'b'`, joined by `and`. Texts are quoted with `'`, doubled inside.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from studiolo.domain.errors import InvalidInput

_TERM = re.compile(r"\s*([A-Za-z.]{1,40})\s+eq\s+'((?:[^']|'')*)'\s*", re.IGNORECASE)
_AND = re.compile(r"and\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Filter:
    """Comparisons that must all hold; fields in lower case."""

    terms: Mapping[str, str]

    def accepts(self, fields: Mapping[str, str], tags: Mapping[str, str]) -> bool:
        """Whether an item with these fields (lower-case names) and tags is in the list."""
        wanted_tag = self.terms.get("tagname")
        if wanted_tag is not None and not self._has_tag(tags, wanted_tag):
            return False
        return all(
            fields[name].lower() == value.lower()
            for name, value in self.terms.items()
            if name in fields
        )

    def _has_tag(self, tags: Mapping[str, str], wanted: str) -> bool:
        value = self.terms.get("tagvalue")
        return any(
            name.lower() == wanted.lower() and value in (None, held) for name, held in tags.items()
        )


def parse_filter(text: str | None, fields: frozenset[str]) -> Filter:
    """Read a `$filter`; none is an empty one.

    :param fields: names that may be compared beside the tags, in lower case.
    :raises InvalidInput: `InvalidFilterInQueryString`.
    """
    terms: dict[str, str] = {}
    rest = (text or "").strip()
    while rest:
        match = _TERM.match(rest)
        name = match[1].lower() if match else ""
        if match is None or name not in fields | {"tagname", "tagvalue"} or name in terms:
            raise _invalid(text or "", fields)
        terms[name] = match[2].replace("''", "'")
        rest = rest[match.end() :]
        if rest:
            joined = _AND.match(rest)
            if joined is None:
                raise _invalid(text or "", fields)
            # A final "and" joins nothing: left standing, it is refused as no comparison.
            rest = rest[joined.end() :] or "and"
    if "tagvalue" in terms and "tagname" not in terms:
        raise _invalid(text or "", fields)
    return Filter(terms)


def _invalid(text: str, fields: frozenset[str]) -> InvalidInput:
    names = ", ".join(sorted(fields | {"tagname", "tagvalue"}))
    return InvalidInput(
        f"The $filter '{text[:120]}' is not supported: compare {names} by \"eq 'text'\", joined "
        "by 'and'.",
        code="InvalidFilterInQueryString",
        target="$filter",
    )
