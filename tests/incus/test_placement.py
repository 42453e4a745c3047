"""Which member of a cluster a new machine goes to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.engines.incus.placement import Room, choose, mib

_SIZES = st.integers(0, 64 * 1024)
_rooms = st.lists(
    st.builds(Room, st.text("abc", min_size=1), _SIZES, _SIZES, st.integers(0, 50)),
    min_size=1,
    max_size=6,
    unique_by=lambda each: each.member,
)


@given(_rooms, _SIZES)
def test_no_member_is_promised_more_than_it_has_while_another_has_the_room(rooms, wanted):
    chosen = next(each for each in rooms if each.member == choose(rooms))
    if any(each.free_mib >= wanted for each in rooms):
        assert chosen.free_mib >= wanted


@given(_rooms, st.randoms())
def test_the_choice_does_not_depend_on_the_order_members_are_told_in(rooms, random):
    shuffled = list(rooms)
    random.shuffle(shuffled)
    assert choose(shuffled) == choose(rooms)


@given(st.integers(1, 6), st.integers(1, 4096), st.integers(0, 30))
def test_equal_machines_spread_evenly_over_equal_members(members, size, machines):
    rooms = {f"m{n}": Room(f"m{n}", 8192) for n in range(members)}
    for _ in range(machines):
        chosen = rooms[choose(rooms.values())]
        rooms[chosen.member] = Room(
            chosen.member, 8192, chosen.promised_mib + size, chosen.machines + 1
        )
    counts = [each.machines for each in rooms.values()]
    assert max(counts) - min(counts) <= 1


def test_without_members_there_is_no_choice():
    assert choose([]) is None


@pytest.mark.parametrize(
    ("size", "wanted"),
    [("2048MiB", 2048), ("4GiB", 4096), ("1GB", 953), ("1048576", 1), ("50%", 0), ("", 0)],
)
def test_sizes_are_read_as_the_daemon_writes_them(size, wanted):
    assert mib(size) == wanted
