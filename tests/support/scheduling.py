"""Which worker runs which file, when tests run side by side (`--numprocesses`)."""

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

_MACHINES = "tests/incus/"
_BROWSERS = (
    "tests/browser/",
    "tests/studio/",
    "tests/gateway/test_browser.py",
    "tests/identity/test_in_browser.py",
)


class ByFile(LoadScopeScheduling):
    """A file's tests stay together and in order; the machines of a daemon are one long file.

    They are handed out first, and the files that use Chromium last, none beside them: Chromium
    gives up what it loads when an interface of the host comes or goes, and each machine of a
    daemon has one.
    """

    def mark_test_complete(
        self, node: WorkerController, item_index: int, duration: float = 0
    ) -> None:
        """As any; once the machines are done, whoever waited for that goes on."""
        waited = self._machines_run()
        super().mark_test_complete(node, item_index, duration)
        if waited and not self._machines_run():
            for each in self.nodes:
                self._reschedule(each)

    def _split_scope(self, nodeid: str) -> str:
        return _MACHINES if nodeid.startswith(_MACHINES) else nodeid.partition("::")[0]

    def _assign_work_unit(self, node: WorkerController) -> None:
        allowed = [each for each in self.workqueue if self._may_run(node, each)]
        if allowed:
            self.workqueue.move_to_end(min(allowed, key=_turn), last=False)
            super()._assign_work_unit(node)

    def _may_run(self, node: WorkerController, scope: str) -> bool:
        if not scope.startswith(_BROWSERS) or _MACHINES in self.assigned_work[node]:
            return True
        return not self._machines_run()

    def _machines_run(self) -> bool:
        """Whether tests of the machines are left to run."""
        units = [self.workqueue, *self.assigned_work.values()]
        return any(not all(each.get(_MACHINES, {}).values()) for each in units)


def _turn(scope: str) -> int:
    """Of several the first in the order of collection."""
    if scope == _MACHINES:
        return 0
    return 2 if scope.startswith(_BROWSERS) else 1
