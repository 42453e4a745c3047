"""Where in a cluster a new machine goes: pure functions of what the members have."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

_SIZE = re.compile(r"(\d+)\s*([kMGTPE]i?B?|B)?", re.IGNORECASE)
_UNITS = "bkmgtpe"
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Room:
    """What a member that takes machines has.

    :param memory_mib: of its host.
    :param promised_mib: what machines that are placed there may use, running or not.
    :param machines: how many those are.
    """

    member: str
    memory_mib: int
    promised_mib: int = 0
    machines: int = 0

    @property
    def free_mib(self) -> int:
        """What no machine was promised; negative where more was promised than there is."""
        return self.memory_mib - self.promised_mib


def choose(rooms: Iterable[Room]) -> str | None:
    """The member with most memory left; among equals the one with fewest machines.

    More is promised than there is only where no member has the room. None if there is no member.
    """
    best = min(rooms, key=lambda each: (-each.free_mib, each.machines, each.member), default=None)
    return best.member if best else None


def mib(size: str) -> int:
    """A size as the daemon's configuration spells it (`2GiB`, `512MB`); 0 for none, or a share."""
    found = _SIZE.fullmatch(size.strip())
    if found is None:
        return 0
    unit = (found[2] or "b").lower()
    base = 1024 if "i" in unit else 1000
    scale: int = base ** _UNITS.index(unit[0])
    return int(found[1]) * scale // _MIB
