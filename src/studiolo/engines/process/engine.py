"""The process engine: see `docs/engines.md`.

Blocking work runs in threads of the engine's own, so that machines that are slow to stop never
hold up the control plane's other threads. Every verb that changes a machine holds its lock.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from studiolo.clock import Clock, utc_now
from studiolo.domain.machine import Endpoint, MachineSpec, Observation, Step
from studiolo.engines.base import About, EngineHealth
from studiolo.engines.process import logs
from studiolo.engines.process.disk import disk_error, machine_lock, private_folder
from studiolo.engines.process.image import ImageStore
from studiolo.engines.process.layout import Layout, machine_name
from studiolo.engines.process.machine import Machines
from studiolo.engines.process.probe import answers
from studiolo.engines.process.sight import Sight
from studiolo.engines.process.start import address

_LOOKERS = 8
_WORKERS = 32
"""Threads that look, and threads that change machines. Apart, so that looking never waits for
machines that take their time to stop.
"""

_LOCK_SECONDS = 10.0
_HUNG_SECONDS = 20.0
"""An agent that has run this long and does not answer is replaced by `ensure`. Its applications
go on; the new agent adopts them."""

T = TypeVar("T")


class ProcessEngine:
    """Machines as folders and process trees of this host. Implements `Engine`, `LogSource`,
    `ImageCatalogue` and of `Recipes` the reimage.

    :param deployment: id of the deployment; only machines that carry it are touched.
    :param machines: folder of the machines' folders.
    :param run: folder of the sockets, short enough for `<run>/m/<id>/jupyter.sock`.
    :param shares: folder of the workspaces' file shares.
    :param images: prepared images; the agent's own is one of them.
    :param inherited: the environment of the control plane, of which little passes.
    :param agent_command: what an agent is, in place of the prepared one; for tests.
    """

    def __init__(
        self,
        deployment: str,
        *,
        machines: Path,
        run: Path,
        shares: Path,
        images: ImageStore,
        inherited: Mapping[str, str],
        clock: Clock = utc_now,
        agent_command: Sequence[str] | None = None,
    ) -> None:
        self.deployment = deployment
        self._folder = machines
        self._run = run
        self._clock = clock
        self._lookers = ThreadPoolExecutor(_LOOKERS, thread_name_prefix="process-engine-look")
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="process-engine-work")
        self._machines = Machines(
            deployment=deployment,
            shares=shares,
            images=images,
            inherited=inherited,
            clock=clock,
            agent_command=agent_command,
        )

    # --- the contract -------------------------------------------------------------------------

    async def observe(self, machine_id: str) -> Observation:
        """See :meth:`Engine.observe`."""
        layout = self._layout(machine_id)
        sight = await self._in_thread(lambda: self._machines.look(layout))
        if sight.agent is None:
            return sight.observation()
        healthy = await answers(layout.agent_socket, machine_id)
        return sight.observation(
            healthy=healthy, reason=None if healthy else "The machine's agent does not answer."
        )

    async def ensure(self, spec: MachineSpec) -> None:
        """See :meth:`Engine.ensure`."""
        layout = self._layout(spec.id)
        started = await self._locked(layout, lambda lock: self._machines.ensure(layout, spec, lock))
        if started or await answers(layout.agent_socket, spec.id):
            return
        sight = await self._in_thread(lambda: self._machines.look(layout))
        if self._hung(sight):
            await self._locked(
                layout, lambda lock: self._machines.replace_agent(layout, spec, sight, lock)
            )

    async def stop(self, machine_id: str, *, grace: float) -> None:
        """See :meth:`Engine.stop`."""
        layout = self._layout(machine_id)
        await self._locked(layout, lambda _: self._machines.stop(layout, grace))

    async def delete(self, machine_id: str) -> None:
        """See :meth:`Engine.delete`."""
        layout = self._layout(machine_id)
        await self._locked(layout, lambda _: self._machines.delete(layout))

    async def list_owned(self) -> Mapping[str, Observation]:
        """See :meth:`Engine.list_owned`."""
        return await self._in_thread(self._list)

    async def endpoint(self, machine_id: str) -> Endpoint | None:
        """See :meth:`Engine.endpoint`."""
        layout = self._layout(machine_id)
        token = await self._in_thread(lambda: self._machines.running_token(layout))
        return None if token is None else Endpoint(address(layout), token)

    async def health(self) -> EngineHealth:
        """See :meth:`Engine.health`."""
        return await self._in_thread(lambda: self._machines.health(self._folders()))

    async def aclose(self) -> None:
        """See :meth:`Engine.aclose`."""
        self._lookers.shutdown(wait=False)
        self._workers.shutdown(wait=False)

    # --- LogSource ----------------------------------------------------------------------------

    async def logs(self, machine_id: str, name: str, *, tail: int) -> str | None:
        """See :meth:`LogSource.logs`."""
        path = logs.log_path(self._layout(machine_id).logs, name)
        return None if path is None else await self._in_thread(lambda: logs.tail_of(path, tail))

    async def log_names(self, machine_id: str) -> tuple[str, ...]:
        """See :meth:`LogSource.log_names`."""
        layout = self._layout(machine_id)
        return await self._in_thread(lambda: logs.names(layout.logs))

    # --- Described ----------------------------------------------------------------------------

    @property
    def about(self) -> About:
        """See :attr:`Described.about`."""
        return About(
            "process",
            "Nothing keeps machines apart: each is a process tree of the user who runs Studiolo, "
            "and can read the files of the others.",
        )

    # --- ImageCatalogue -----------------------------------------------------------------------

    async def latest_image(self, name: str) -> str | None:
        """See :meth:`ImageCatalogue.latest_image`."""
        return await self._in_thread(lambda: self._machines.latest_image(name))

    # --- Recipes ------------------------------------------------------------------------------

    @property
    def steps(self) -> frozenset[Step]:
        """See :attr:`Recipes.steps`. Homes are plain folders, of which no state can be kept."""
        return frozenset({Step.REIMAGE})

    # --- how ----------------------------------------------------------------------------------

    def _layout(self, machine_id: str) -> Layout:
        name = machine_name(machine_id)
        return Layout(self._folder / name, self._run / "m" / name)

    def _folders(self) -> Path:
        private_folder(self._run)
        return private_folder(self._folder)

    def _list(self) -> Mapping[str, Observation]:
        folder = self._folders()
        self._machines.clear_leftovers(folder, self._layout)
        found = self._machines.look_all(folder, self._layout)
        return {machine_id: sight.observation() for machine_id, sight in found.items()}

    def _hung(self, sight: Sight) -> bool:
        if sight.agent is None or sight.started_at is None:
            return False
        return (self._clock() - sight.started_at).total_seconds() >= _HUNG_SECONDS

    async def _locked(self, layout: Layout, work: Callable[[int], T]) -> T:
        """Run `work` in a thread that holds the machine's lock from its beginning to its end, so
        that cancelling the caller never lets another verb in between.
        """

        def run() -> T:
            with machine_lock(self._folders(), layout.folder.name, seconds=_LOCK_SECONDS) as lock:
                return work(lock)

        return await self._in_thread(run, self._workers)

    async def _in_thread(
        self, work: Callable[[], T], threads: ThreadPoolExecutor | None = None
    ) -> T:
        def run() -> T:
            with _explained(self._folder):
                return work()

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads or self._lookers, run)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_error(error, folder) from error
