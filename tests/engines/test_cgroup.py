"""Which control groups are used where, on hosts laid out as systemd, Docker and old kernels do."""

import errno
from pathlib import Path

import pytest

from studiolo.domain.machine import Resources
from studiolo.engines.process import cgroup
from studiolo.engines.process.cgroup import Cgroups

ALL = "cpuset cpu io memory pids"


class Host:
    """A made-up /proc/self and cgroup file system."""

    def __init__(self, root: Path) -> None:
        self.proc = root / "proc"
        self.top = root / "cgroup"
        self.proc.mkdir()
        self.top.mkdir()
        self.mounts = []
        self.places = []

    def mount(self, kind, place, own, options="rw", root="/"):
        top = self.top / place
        top.mkdir(parents=True, exist_ok=True)
        self.mounts.append(f"30 24 0:26 {root} {top} rw - {kind} cgroup {options}")
        self.places.append(own)

    def group(self, path, controllers="", handed_down=""):
        """A folder as the kernel would show it, with what is asked of a new one below it."""
        folder = self.top / path
        for each in (folder, folder / "studiolo-d", folder / "studiolo-d" / "ci-1"):
            each.mkdir(parents=True, exist_ok=True)
            (each / "cgroup.procs").touch()
            (each / "cgroup.controllers").write_text(controllers)
            (each / "cgroup.subtree_control").write_text(handed_down)
        return folder

    def cgroups(self):
        (self.proc / "mountinfo").write_text("\n".join(self.mounts) + "\n")
        (self.proc / "cgroup").write_text("\n".join(self.places) + "\n")
        return Cgroups("d", proc=self.proc)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_a_delegated_tree_of_systemd_is_used_beside_our_own_scope(host):
    host.mount("cgroup2", "", "0::/user.slice/app.slice/term.scope")
    host.group("user.slice/app.slice/term.scope", "memory pids")
    slice_ = host.group("user.slice/app.slice", "memory pids", "memory pids")
    (found,) = host.cgroups().hierarchies()
    assert found.base == slice_ / "studiolo-d"
    assert found.controllers == {"memory", "pids"}
    assert host.cgroups().missing() == ("cpu",)


def test_limits_of_version_2_are_written(host):
    host.mount("cgroup2", "", "0::/a/b")
    parent = host.group("a", ALL, "cpu memory pids")
    groups = host.cgroups().make("ci-1", Resources(vcpus=2, memory_mib=512))
    folder = parent / "studiolo-d" / "ci-1"
    assert groups.folders == (folder,)
    assert groups.limited == {"cpu", "memory", "pids"}
    assert (folder / "memory.max").read_text() == str(512 * 1024 * 1024)
    assert (folder / "cpu.max").read_text() == "200000 100000"
    assert (folder / "pids.max").read_text() == "8192"


def test_a_container_without_a_tree_of_its_own_is_used_at_its_root(host):
    host.mount("cgroup2", "", "0::/")
    top = host.group(".", ALL, "cpu memory pids")
    (found,) = host.cgroups().hierarchies()
    assert found.base == (top / "studiolo-d").resolve()


def test_the_nearest_group_that_can_limit_goes_before_one_that_cannot(host):
    host.mount("cgroup2", "", "0::/a/b/c")
    host.group("a/b")
    above = host.group("a", "memory", "memory")
    (found,) = host.cgroups().hierarchies()
    assert found.base == above / "studiolo-d"


def test_version_1_hierarchies_are_used_one_by_one_below_our_own_group(host):
    host.mount("cgroup", "memory", "4:memory:/mine", "rw,memory")
    host.mount("cgroup", "cpu", "3:cpu,cpuacct:/", "rw,cpu,cpuacct")
    host.mount("cgroup", "devices", "2:devices:/", "rw,devices")
    host.group("memory/mine")
    host.group("cpu")
    cgroups = host.cgroups()
    assert {h.base for h in cgroups.hierarchies()} == {
        host.top / "memory/mine/studiolo-d",
        host.top / "cpu/studiolo-d",
    }
    assert cgroups.missing() == ("pids",)
    groups = cgroups.make("ci-1", Resources(vcpus=3, memory_mib=1))
    assert groups.limited == {"cpu", "memory"}
    cpu = host.top / "cpu/studiolo-d/ci-1"
    assert (cpu / "cpu.cfs_quota_us").read_text() == "300000"


def test_without_any_everything_is_missing_and_nothing_fails(host):
    (host.proc / "mountinfo").write_text("1 0 0:1 / / rw - ext4 /dev/vda rw\n")
    (host.proc / "cgroup").write_text("0::/\n")
    cgroups = Cgroups("d", proc=host.proc)
    assert cgroups.hierarchies() == ()
    assert cgroups.missing() == ("cpu", "memory", "pids")
    assert cgroups.make("ci-1", Resources(1, 1)) == cgroup.Groups()


def test_a_group_that_is_busy_for_a_moment_is_removed_all_the_same(tmp_path, monkeypatch):
    group = tmp_path / "studiolo-d" / "ci-1"
    group.mkdir(parents=True)
    remove, busy = Path.rmdir, [group] * 3

    def rmdir(path):
        if path in busy:
            busy.remove(path)
            raise OSError(errno.EBUSY, "busy")
        remove(path)

    monkeypatch.setattr(Path, "rmdir", rmdir)
    cgroup.remove([group])
    assert not group.parent.exists()


def test_a_group_that_stays_busy_is_left(tmp_path, monkeypatch):
    group = tmp_path / "studiolo-d" / "ci-1"
    group.mkdir(parents=True)

    def rmdir(path):
        raise OSError(errno.EBUSY, "busy")

    monkeypatch.setattr(Path, "rmdir", rmdir)
    monkeypatch.setattr(cgroup, "_BUSY_SECONDS", 0.0)
    cgroup.remove([group])
    assert group.exists()
