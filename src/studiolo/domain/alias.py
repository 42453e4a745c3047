"""The folder below `Users/` on a workspace's file share that is a person's own."""

import re

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")

_LONGEST = 64


def user_alias(name: str) -> str:
    """Return the alias of a user name: what stands before the `@` of an e-mail address, as Azure.

    Only ASCII letters, digits, `.`, `_` and `-` remain, and none is first but a letter or digit, so
    that the alias is safe as a folder name; a name without any of these becomes `user`.
    """
    local = name.partition("@")[0]
    return _UNSAFE.sub("-", local).lstrip("._-")[:_LONGEST].rstrip(".-") or "user"
