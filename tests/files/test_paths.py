"""What a path in a share may look like."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studiolo.domain.errors import InvalidInput
from studiolo.files.paths import MAX_NAME, MAX_PATH, SharePath, name_problem, share_path, shown


@pytest.mark.parametrize(
    "text",
    [
        *("Users", "Users/alice", "한글/노트북.ipynb", "a b/ü.txt", ".hidden", "...", "a\\b", "~"),
        *("e\u0301", "\u00e9", "👩‍🔬.md", "%2e%2e", "-rf", "a:b*?<>|", "x" * MAX_NAME),
    ],
)
def test_names_that_linux_allows_are_allowed(text):
    assert str(share_path(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        *("/etc/passwd", "/", "//", "a//b", "a/", "..", ".", "../x", "a/../b", "a/./b", "a/.."),
        *("a\0b", "a\nb", "a\x7f", "a\x85b", "a\u2028b", "\ufffd", "\udc80", "a\tb"),
        *("x" * (MAX_NAME + 1), "한" * 86, "/".join(["x" * 200] * 21)),
        f"Users/.{'0' * 16}.part",
    ],
)
def test_paths_that_lead_elsewhere_or_cannot_be_shown_are_refused(text):
    with pytest.raises(InvalidInput) as refused:
        share_path(text, target="from")
    assert refused.value.target == "from"
    refused.value.message.encode()


@given(st.text(max_size=40) | st.text("./a\\\0한", max_size=12))
@example("")
def test_what_is_accepted_is_plain_names_and_comes_back_as_it_was(text):
    try:
        path = share_path(text)
    except InvalidInput:
        return
    assert str(path) == text
    assert len(text.encode()) <= MAX_PATH
    for name in path.parts:
        assert name not in {"", ".", ".."}
        assert "/" not in name
        assert not any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in name)


@given(st.binary(min_size=1, max_size=60).filter(lambda raw: not {0, 47} & set(raw)))
def test_every_name_on_disk_can_be_shown(raw):
    name, nameable = shown(raw)
    name.encode()
    assert name.isprintable() or not any(unicodedata.category(each) == "Cc" for each in name)
    assert nameable == (name.encode() == raw and name_problem(name) is None)


def test_a_path_holds_itself_and_what_is_below_it_only():
    assert share_path("a/b").holds(share_path("a/b/c"))
    assert share_path("a/b").holds(share_path("a/b"))
    assert not share_path("a/b").holds(share_path("a/bc"))
    assert not share_path("a/b").holds(share_path("a"))
    assert SharePath().holds(share_path("a"))
