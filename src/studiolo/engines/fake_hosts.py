"""The fake engine's hosts: machines in memory that are spread over several, and can leave one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studiolo.engines.base import EngineError, Host, Permanent, Stuck, Temporary, Unmoved

if TYPE_CHECKING:
    from studiolo.engines.fake import FakeMachine, FakeWorld


@dataclass(slots=True)
class FakeHost:
    """One host.

    :param online: whether it answers.
    :param emptied: whether no machines are wanted on it.
    :param closed: whether the cluster itself was told, by its own command, to keep it closed.
    """

    online: bool = True
    emptied: bool = False
    closed: bool = False
    vcpus: int = 64
    memory_mib: int = 262_144

    @property
    def open(self) -> bool:
        """Whether it takes machines."""
        return self.online and not self.emptied and not self.closed


@dataclass(slots=True)
class FakeCluster:
    """Hosts by name, and the one that each machine is on.

    :param stuck: what keeps a machine where it is, by its id.
    """

    hosts: dict[str, FakeHost] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    stuck: dict[str, EngineError] = field(default_factory=dict)

    def place(self, machines: Mapping[str, "FakeMachine"]) -> None:
        """Give every machine that has none a host with few others; forget those that are gone."""
        self.places = {each: host for each, host in self.places.items() if each in machines}
        for each in machines:
            if each not in self.places and (chosen := self.chosen()) is not None:
                self.places[each] = chosen

    def chosen(self) -> str | None:
        """The open host with fewest machines; None where none is open."""
        count = list(self.places.values()).count
        return min((n for n, h in self.hosts.items() if h.open), key=count, default=None)


class FakeHosts:
    """The part of the fake engine that is `Hosts`."""

    world: "FakeWorld"

    async def _begin(self, verb: str, machine_id: str) -> None:
        raise NotImplementedError

    async def hosts(self) -> tuple[Host, ...]:
        """See :meth:`Hosts.hosts`."""
        await self._begin("hosts", "")
        cluster = self.world.cluster
        cluster.place(self.world.machines)
        return tuple(self._host(each, cluster.hosts[each]) for each in sorted(cluster.hosts))

    async def empty_host(self, name: str) -> None:
        """See :meth:`Hosts.empty_host`."""
        await self._begin("empty_host", name)
        self._known(name).emptied = True

    async def fill_host(self, name: str) -> None:
        """See :meth:`Hosts.fill_host`."""
        await self._begin("fill_host", name)
        self._known(name).emptied = False

    async def move_on(self) -> int:
        """See :meth:`Hosts.move_on`."""
        await self._begin("move_on", "")
        cluster = self.world.cluster
        cluster.place(self.world.machines)
        leaving = {m: h for m, h in cluster.places.items() if cluster.hosts[h].emptied}
        stuck = []
        for machine, host in leaving.items():
            error, target = cluster.stuck.get(machine), cluster.chosen()
            if error is None and target is None:
                error = Temporary("No member of the cluster takes machines.")
            if error is None and target is not None:
                cluster.places[machine] = target
            elif error is not None:
                stuck.append(Stuck(machine, host, error))
        if stuck:
            raise Unmoved(stuck)
        return len(leaving)

    def _known(self, name: str) -> FakeHost:
        found = self.world.cluster.hosts.get(name)
        if found is None:
            raise Permanent(f"The region has no host called {name!r}.")
        return found

    def _host(self, name: str, host: FakeHost) -> Host:
        places = self.world.cluster.places
        there = [each for i, each in self.world.machines.items() if places.get(i) == name]
        return Host(
            name,
            "Offline" if not host.online else "Evacuated" if host.closed else "Online",
            host.open,
            len(there),
            answers=host.online,
            emptied=host.emptied,
            vcpus=host.vcpus if host.online else None,
            memory_mib=host.memory_mib if host.online else None,
            used_vcpus=sum(each.spec.resources.vcpus for each in there),
            used_mib=sum(each.spec.resources.memory_mib for each in there),
        )
