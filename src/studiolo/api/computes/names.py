"""Names of compute instances: Azure's rules, and the host label made of one."""

import re

from studiolo.domain.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z](?:[A-Za-z0-9-]{1,22})[A-Za-z0-9]", re.ASCII)

RULE = (
    "3 to 24 characters, letters, digits and '-', beginning with a letter and not ending with '-'"
)
"""Azure's rule for compute instances: learn.microsoft.com/azure/machine-learning/
how-to-create-compute-instance."""


def is_valid(name: str) -> bool:
    """Whether a new instance may have this name."""
    return _NAME.fullmatch(name) is not None


def require_valid(name: str) -> None:
    """Refuse a name that a new instance may not have.

    :raises InvalidInput: with target `name`.
    """
    if not is_valid(name):
        raise InvalidInput(f"'{name[:80]}' is no name for a compute: use {RULE}.", target="name")


def host_label(name: str, suffix: str = "") -> str:
    """First label of an instance's host; `suffix` keeps two of one name in two regions apart."""
    return f"{name.lower()}-{suffix}" if suffix else name.lower()
