"""Which disks are warned of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain.disk_space import warnings

GB = 10**9


def disk(free, total):
    return {"freeBytes": free, "totalBytes": total, "usedBytes": total - free}


@pytest.mark.parametrize(
    ("free", "total", "warned"),
    [
        (4 * GB, 120 * GB, True),
        (5 * GB, 120 * GB, False),
        (0, 120 * GB, True),
        (1 * GB, 20 * GB, True),
        (3 * GB, 20 * GB, False),
        (0, 0, False),
    ],
)
def test_a_disk_is_warned_of_below_5_gb_or_a_tenth_of_a_small_one(free, total, warned):
    assert bool(warnings("box", {"home": disk(free, total)})) == warned


def test_the_sentence_names_instance_disk_and_what_is_left():
    (said,) = warnings("box", {"home": disk(2**30, 100 * 2**30), "root": disk(90 * GB, 100 * GB)})
    assert said.startswith("The home disk of 'box' has 1.0 GiB of 100.0 GiB left.")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=12), inner),
    )
)
def test_whatever_an_agent_says_is_survived(said):
    assert isinstance(warnings("box", said), list)
    assert isinstance(warnings("box", {"home": said}), list)
