"""The agent's parts put together: one machine, its processes and what is known of them."""

import asyncio
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import studiolo
from studiolo.agent import process as processes
from studiolo.agent.activity import Activity, ActivityWatch
from studiolo.agent.applications import (
    APPLICATIONS,
    TERMINAL,
    TERMINAL_NAME,
    Application,
    is_busy,
    last_used,
    public_state,
)
from studiolo.agent.environment import application_environment
from studiolo.agent.gpus import Gpu, GpuWatch
from studiolo.agent.jupyter import Jupyter
from studiolo.agent.logs import Logs
from studiolo.agent.process import Reaper
from studiolo.agent.state import StateFile
from studiolo.agent.supervisor import Supervisor, boot_time
from studiolo.agent.usage import Disk, UsageMeter
from studiolo.domain.errors import NotFound, Unavailable
from studiolo.domain.machine import AgentConfig

_HOUSEKEEPING_SECONDS = 5.0
_STRAY_GRACE = 2.0

_log = logging.getLogger(__name__)


class Machine:
    """What the agent's API shows and commands.

    :param inherited: the variables the agent was started with.
    """

    def __init__(self, config: AgentConfig, inherited: Mapping[str, str]) -> None:
        self.config = config
        self.logs = Logs(Path(config.log_directory))
        self._started = datetime.now(UTC)
        self._boot = time.time() - boot_time()
        self._reaper = Reaper()
        self._state = StateFile(Path(config.state_directory) / "agent.json", config.generation)
        self._jupyter = Jupyter(config, application_environment(config, inherited))
        self._supervisor = Supervisor(
            self._jupyter, tag=config.tag, reaper=self._reaper, state=self._state, logs=self.logs
        )
        self._activity = ActivityWatch(self._jupyter.client)
        self._usage = UsageMeter(config)
        self._gpus = GpuWatch(self._reaper, config.tag)
        self._closing = False

    def resume(self) -> None:
        """Become the reaper, and take up what a former agent left."""
        self._reaper.install()
        self._state.load()
        self._supervisor.resume()

    async def run(self) -> None:
        """Keep processes and logs in order until cancelled; an error ends the agent.

        The engine starts it again, and the applications do not notice.
        """
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._supervisor.run())
            tasks.create_task(self._keep_house())
            tasks.create_task(self._gpus.run())

    async def close(self) -> None:
        """Stop every process of the machine, first nicely; `run` must have been cancelled."""
        self._closing = True
        await self._supervisor.close()
        await processes.end_all(self.config.tag, _STRAY_GRACE)
        await self._jupyter.client.aclose()

    async def ensure(self, name: str, wait: float, terminal: str = TERMINAL_NAME) -> dict[str, Any]:
        """Start an application if need be, and describe it.

        :param terminal: name of the terminal that is to be there, where the application is that.

        :raises NotFound: there is no such application.
        :raises Unavailable: it cannot start, or the machine is shutting down.
        """
        application = self._application(name)
        if self._closing:
            raise Unavailable(f"{self.config.name} is shutting down; start it to use {name}.")
        record = await self._supervisor.ensure(wait)
        if public_state(record) == "Failing":
            raise Unavailable(
                f"{application.display_name} on {self.config.name} cannot start; its log "
                f"'{application.process}' may say more. {record.last_error}",
                code="ApplicationFailed",
                target=name,
            )
        if application is TERMINAL and self._supervisor.running:
            await self._jupyter.open_terminal(terminal)
        return self._describe(application, await self._look())

    async def stop(self, name: str) -> dict[str, Any]:
        """Stop the process that serves an application, and so its siblings.

        :raises NotFound: there is no such application.
        """
        application = self._application(name)
        self._supervisor.stop()
        return self._describe(application, await self._look())

    async def status(self) -> dict[str, Any]:
        """Everything about the machine, as `GET /v1/status` shows it."""
        activity = await self._look()
        return {
            "machine": self.config.machine,
            "generation": self.config.generation,
            "startedAt": _iso(self._started),
            "version": studiolo.__version__,
            "applications": [self._describe(each, activity) for each in APPLICATIONS.values()],
            "usage": self._describe_usage(),
            "activity": {
                "lastActivity": _iso(activity.last),
                "busy": bool(activity.reasons),
                "reasons": list(activity.reasons),
            },
        }

    async def _keep_house(self) -> None:
        while True:
            self.logs.trim()
            self._state.flush()
            await asyncio.sleep(_HOUSEKEEPING_SECONDS)

    def _application(self, name: str) -> Application:
        try:
            return APPLICATIONS[name]
        except KeyError:
            known = ", ".join(APPLICATIONS)
            raise NotFound(
                f"There is no such application. {self.config.name} has: {known}.", target="name"
            ) from None

    async def _look(self) -> Activity:
        return await self._activity.look(self._supervisor.pid)

    def _describe(self, application: Application, activity: Activity) -> dict[str, Any]:
        record = self._supervisor.record
        since = datetime.fromtimestamp(self._boot + record.since, UTC) if record.since else None
        return {
            "name": application.name,
            "displayName": application.display_name,
            "path": application.path,
            "process": application.process,
            "state": public_state(record),
            "since": _iso(since or self._started),
            "restarts": record.restarts,
            "lastError": record.last_error,
            "upstream": self._jupyter.upstream,
            "headers": self._jupyter.headers,
            "lastActivity": _iso(last_used(application, activity)),
            "busy": is_busy(application, activity),
        }

    def _describe_usage(self) -> dict[str, Any]:
        usage = self._usage.sample()
        return {
            "cpuPercent": usage.cpu_percent,
            "cpuSeconds": round(usage.cpu_seconds, 2),
            "memoryBytes": usage.memory_bytes,
            "memoryLimitBytes": usage.memory_limit_bytes,
            "diskUsedBytes": usage.disk.used,
            "diskFreeBytes": usage.disk.free,
            "diskTotalBytes": usage.disk.total,
            "disks": {name: _describe_disk(disk) for name, disk in usage.disks.items()},
            "processes": usage.processes,
            "networkRxBytes": usage.traffic and usage.traffic.received,
            "networkTxBytes": usage.traffic and usage.traffic.sent,
            "gpus": [_describe_gpu(gpu) for gpu in self._gpus.look()],
        }


def _describe_disk(disk: Disk) -> dict[str, int]:
    return {"usedBytes": disk.used, "freeBytes": disk.free, "totalBytes": disk.total}


def _describe_gpu(gpu: Gpu) -> dict[str, Any]:
    return {
        "index": gpu.index,
        "name": gpu.name,
        "utilizationPercent": gpu.utilization_percent,
        "memoryUsedBytes": gpu.memory_used_bytes,
        "memoryTotalBytes": gpu.memory_total_bytes,
    }


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z") if time else None
