"""The name of a person's folder on the share."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain.alias import user_alias


@pytest.mark.parametrize(
    ("name", "alias"),
    [
        ("alice", "alice"),
        ("alice.b@example.org", "alice.b"),
        ("../../etc", "etc"),
        (".hidden@x", "hidden"),
        ("..", "user"),
        ("@", "user"),
        ("Ada Lovelace", "Ada-Lovelace"),
    ],
)
def test_an_alias_is_what_stands_before_the_at_sign(name: str, alias: str) -> None:
    assert user_alias(name) == alias


@given(st.text(max_size=200))
def test_an_alias_is_always_one_safe_folder_name(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_])?", user_alias(name))
