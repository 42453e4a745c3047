"""Words of the pages before the studio, in the language that the browser asks for.

Sentences of the API stay as they are: English, as in its errors everywhere.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from fastapi import Request

_LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("en", "ko")
"""The first is for browsers that ask for none of them."""

API = "en"
"""The language of the API's sentences. Pages say so, for programs that read them aloud."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Every string of one of :data:`LANGUAGES`, by its key."""
    words: Mapping[str, str] = json.loads((_LOCALES / f"{language}.json").read_text())
    return words


def language_of(request: Request) -> str:
    """The language that the browser prefers, of those there are."""
    asked = sorted(
        map(_preference, request.headers.get("accept-language", "").split(",")),
        key=lambda each: -each[1],
    )
    for tag, weight in asked:
        base = tag.partition("-")[0]
        if base in LANGUAGES and weight > 0:
            return base
    return LANGUAGES[0]


def _preference(part: str) -> tuple[str, float]:
    tag, _, weight = part.strip().lower().partition(";q=")
    try:
        return tag, float(weight or 1)
    except ValueError:
        return tag, 0.0


class Words:
    """Says a key in one language: `words("link.rule", count=10)`."""

    def __init__(self, language: str) -> None:
        self.language = language

    @classmethod
    def of(cls, request: Request) -> "Words":
        """In the language that the browser asks for."""
        return cls(language_of(request))

    def __call__(self, key: str, **values: object) -> str:
        """The string, with `values` in their places.

        :raises KeyError: there is no such key: a fault of ours.
        """
        return catalogue(self.language)[key].format(**values)
