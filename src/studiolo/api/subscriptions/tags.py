"""Tags of any resource: Azure's limits."""

from collections.abc import Mapping
from typing import Any

from studiolo.domain.errors import InvalidInput

MOST_TAGS = 50
LONGEST_NAME = 512
LONGEST_VALUE = 256
_FORBIDDEN = frozenset("<>%&\\?/")


def checked_tags(tags: Mapping[str, Any] | None) -> dict[str, str]:
    """Tags to store; a null value becomes an empty text, as `az` sends it.

    :raises InvalidInput: too many, too long, or not texts.
    """
    kept: dict[str, str] = {}
    for name, value in (tags or {}).items():
        if not name or len(name) > LONGEST_NAME or _FORBIDDEN & set(name):
            raise InvalidInput(
                f"The tag name '{name[:80]}' is not valid: 1 to {LONGEST_NAME} characters, none of "
                f"{' '.join(sorted(_FORBIDDEN))}.",
                code="InvalidTagNameCharacters",
                target="tags",
            )
        text = "" if value is None else value
        if not isinstance(text, str) or len(text) > LONGEST_VALUE:
            raise InvalidInput(
                f"The value of tag '{name[:80]}' must be a text of at most {LONGEST_VALUE} "
                "characters.",
                code="InvalidTagValueLength",
                target="tags",
            )
        kept[name] = text
    if len(kept) > MOST_TAGS or len({name.lower() for name in kept}) != len(kept):
        raise InvalidInput(
            f"A resource has at most {MOST_TAGS} tags, and no two names that differ only in case.",
            code="TagCountExceeded",
            target="tags",
        )
    return kept
