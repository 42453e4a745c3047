"""The members of a cluster: which of them answer, and which takes a new machine.

A single host is a cluster without members here: nothing is asked of it but once a minute.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from studiolo.clock import Clock
from studiolo.engines.base import EngineError, Host, MachineUnreachable, Temporary
from studiolo.engines.incus.client import Daemon
from studiolo.engines.incus.names import EMPTIED, machine_name
from studiolo.engines.incus.placement import Room, choose, mib
from studiolo.engines.incus.sight import Instance

_MEMBERS_AGE = timedelta(seconds=3)
_FACTS_AGE = timedelta(seconds=60)
"""How long what changes rarely is believed: a host's memory, whether it is in a cluster at all."""

_SHUNNED = timedelta(seconds=60)
"""How long a member that could not take a machine is asked last."""

_ONLINE = "online"


@dataclass(frozen=True, slots=True)
class Member:
    """One host of a cluster.

    :param status: the daemon's word: `Online`, `Offline`, `Evacuated` ...
    :param emptied: whether an administrator wants no machines on it.
    """

    name: str
    status: str
    emptied: bool
    url: str

    @property
    def answers(self) -> bool:
        """Whether what is there can be seen; an evacuated member's daemon goes on answering."""
        return self.status.lower() in (_ONLINE, "evacuated", "evacuating", "restoring")

    @property
    def open(self) -> bool:
        """Whether it takes machines."""
        return self.status.lower() == _ONLINE and not self.emptied

    def describe(self) -> str:
        """`m2 is offline`."""
        return f"{self.name} is {'emptied' if self.emptied else self.status.lower()}"

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Member":
        """Read the daemon's object."""
        emptied = (told.get("config") or {}).get(EMPTIED) == "true"
        return cls(str(told["server_name"]), str(told["status"]), emptied, str(told["url"]))


class Cluster:
    """What is known of a region's members, a few seconds old at most."""

    def __init__(self, daemon: Daemon, clock: Clock) -> None:
        self._daemon = daemon
        self._clock = clock
        self._known: dict[str, tuple[datetime, Any]] = {}
        self._promised: dict[str, tuple[str, int]] = {}
        self._shunned: dict[str, datetime] = {}
        self._placing = asyncio.Lock()

    async def members(self) -> tuple[Member, ...]:
        """Every member by name; none on a single host."""
        if not await self._clustered():
            return ()

        async def ask() -> tuple[Member, ...]:
            told = await self._daemon.get("/cluster/members", recursion="1") or ()
            return tuple(sorted(map(Member.of, told), key=lambda each: each.name))

        found: tuple[Member, ...] = await self._lately("members", _MEMBERS_AGE, ask)
        return found

    async def hosts(self, machines: Iterable[Instance]) -> tuple[Host, ...]:
        """The members with what they have and what `machines` may use of it."""
        found = tuple(machines)
        return tuple([await self._host(each, found) for each in await self.members()])

    async def require_reach(self, machine_id: str) -> None:
        """Find out quickly what the daemon itself says after ten seconds.

        :raises MachineUnreachable: the member that holds the container does not answer.
        """
        if all(each.answers for each in await self.members()):
            return
        name = machine_name(machine_id)
        found = await self._daemon.get("/instances", recursion="1", filter=f"name eq {name}")
        for each in map(Instance, found or ()):
            if each.out_of_reach:
                raise MachineUnreachable(each.silence)

    async def place(self, machine_id: str, memory_mib: int) -> str:
        """The member for a machine that is not on one yet, or must leave it; empty on a single
        host.

        What was promised to machines that are still being made counts too.

        :raises Temporary: no member takes machines.
        """
        members = await self.members()
        if not members:
            return ""
        async with self._placing:
            rooms = [await self._room(each) for each in members if each.open]
            used = await self._placed(rooms, machine_id)
            chosen = choose(self._preferred(used))
            if chosen is None:
                state = ", ".join(each.describe() for each in members)
                raise Temporary(f"No member of the cluster takes machines: {state}.", delay=5.0)
            self._promised[machine_id] = (chosen, memory_mib)
            return chosen

    def shun(self, member: str) -> None:
        """It could not take a machine: others are asked first for a while."""
        self._shunned[member] = self._clock() + _SHUNNED

    def forget(self, *what: str) -> None:
        """Take back a promise to a machine, or let go of what is known (`members`)."""
        for each in what:
            self._promised.pop(each, None)
            self._known.pop(each, None)

    # --- how ----------------------------------------------------------------------------------

    async def _clustered(self) -> bool:
        async def ask() -> bool:
            environment = (await self._daemon.get("")).get("environment") or {}
            return environment.get("server_clustered") is True

        return bool(await self._lately("clustered", _FACTS_AGE, ask))

    async def mark(self, name: str, *, emptied: bool) -> None:
        """Want no machines on a member, or let it take some again.

        :raises Missing: there is no such member.
        """
        path = f"/cluster/members/{quote(name, safe='')}"
        told = await self._daemon.get(path)
        config = {k: v for k, v in (told.get("config") or {}).items() if k != EMPTIED}
        kept = {key: told[key] for key in ("description", "failure_domain", "groups")}
        # Who leads is not ours to say, and the other roles are lost where they are not repeated.
        roles = [each for each in told["roles"] if each != "database-leader"]
        config |= {EMPTIED: "true"} if emptied else {}
        await self._daemon.change("PUT", path, {**kept, "roles": roles, "config": config})
        self.forget("members")

    async def _host(self, member: Member, machines: Iterable[Instance]) -> Host:
        there = [each.config for each in machines if each.member == member.name]
        vcpus, memory_mib = await self._size_if_told(member)
        return Host(
            member.name,
            member.status,
            member.open,
            len(there),
            answers=member.answers,
            emptied=member.emptied,
            vcpus=vcpus,
            memory_mib=memory_mib,
            used_vcpus=sum(_processors(each.get("limits.cpu", "")) for each in there),
            used_mib=sum(mib(each.get("limits.memory", "")) for each in there),
        )

    async def _size_if_told(self, member: Member) -> tuple[int | None, int | None]:
        if not member.answers:
            return None, None
        try:
            return await self._size(member)
        except EngineError:
            # It has gone within the last seconds; the members' states will say so.
            return None, None

    async def _room(self, member: Member) -> Room:
        return Room(member.name, (await self._size(member))[1])

    async def _size(self, member: Member) -> tuple[int, int]:
        """Processors and MiB of a member's host."""

        async def ask() -> tuple[int, int]:
            told = await self._daemon.get("/resources", target=member.name)
            return int(told["cpu"]["total"]), int(told["memory"]["total"]) // (1024 * 1024)

        found: tuple[int, int] = await self._lately(f"of {member.name}", _FACTS_AGE, ask)
        return found

    async def _placed(self, rooms: Iterable[Room], machine_id: str) -> list[Room]:
        """The rooms with what machines of the project were promised in them."""
        found = [Instance(each) for each in await self._daemon.get("/instances", recursion="1")]
        for each in found:
            self._promised.pop(str(each.data["name"]), None)
        self._promised.pop(machine_id, None)
        placed = [(each.member, mib(each.config.get("limits.memory", ""))) for each in found]
        placed += self._promised.values()
        return [_filled(room, [size for member, size in placed if member == room.member])
                for room in rooms]  # fmt: skip

    def _preferred(self, rooms: list[Room]) -> list[Room]:
        now = self._clock()
        return [each for each in rooms if self._shunned.get(each.member, now) <= now] or rooms

    async def _lately(self, what: str, age: timedelta, ask: Callable[[], Any]) -> Any:
        """What `ask` answered within `age`."""
        known, now = self._known.get(what), self._clock()
        if known is None or now - known[0] > age:
            known = self._known[what] = (now, await ask())
        return known[1]


def _processors(limit: str) -> int:
    """How many a limit names; 0 where somebody pinned the machine to some by hand."""
    return int(limit) if limit.isdigit() else 0


def _filled(room: Room, sizes: list[int]) -> Room:
    return Room(room.member, room.memory_mib, sum(sizes), len(sizes))
