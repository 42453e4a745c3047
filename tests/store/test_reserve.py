"""Room that is kept for the database, for when its disk is full."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from sqlalchemy.exc import OperationalError

from studiolo.domain.errors import Unavailable
from studiolo.store.database import Database
from studiolo.store.reserve import RESERVE_BYTES, Reserve


class Usage(NamedTuple):
    """As `shutil.disk_usage` returns it."""

    total: int
    used: int
    free: int


class Disk:
    """A disk whose free space a test says."""

    def __init__(self, free: int) -> None:
        self.free = free

    def usage(self, _path: Path) -> Usage:
        return Usage(10**9, 10**9 - self.free, self.free)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(10**9)
    monkeypatch.setattr(shutil, "disk_usage", disk.usage)
    return disk


def kept(tmp_path: Path) -> Path:
    return tmp_path / "studiolo.db.reserve"


def test_the_reserve_takes_real_room_and_is_private(tmp_path: Path, disk: Disk) -> None:
    Reserve(tmp_path / "studiolo.db").hold()
    status = kept(tmp_path).stat()
    assert status.st_blocks * 512 >= RESERVE_BYTES
    assert status.st_mode & 0o777 == 0o600


def test_a_nearly_full_disk_is_not_made_fuller(tmp_path: Path, disk: Disk) -> None:
    disk.free = RESERVE_BYTES
    Reserve(tmp_path / "studiolo.db").hold()
    assert not kept(tmp_path).exists()


def test_the_reserve_is_given_up_on_a_full_disk_only(tmp_path: Path, disk: Disk) -> None:
    held = Reserve(tmp_path / "studiolo.db")
    held.hold()
    assert not held.release_if_full()
    assert kept(tmp_path).exists()
    disk.free = 0
    assert held.release_if_full()
    assert not kept(tmp_path).exists()


def test_a_server_s_database_has_none() -> None:
    assert Reserve.of("postgresql+asyncpg://ann@host/db") is None
    assert Reserve.of("sqlite+aiosqlite://") is None


async def test_a_write_that_finds_the_disk_full_makes_room_and_says_so(
    tmp_path: Path, disk: Disk
) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'studiolo.db'}")
    await database.create_all()
    assert database.reserve is not None
    database.reserve.hold()
    disk.free = 0
    with pytest.raises(Unavailable, match="is full"):
        async with database.transaction():
            raise OperationalError("COMMIT", {}, Exception("database or disk is full"))
    assert not kept(tmp_path).exists()
    async with database.transaction() as tx:
        await tx.facts.set_once("after", "works")
    await database.close()


async def test_another_failure_is_left_as_it_is(tmp_path: Path, disk: Disk) -> None:
    database = Database.open(f"sqlite+aiosqlite:///{tmp_path / 'studiolo.db'}")
    with pytest.raises(OperationalError):
        async with database.transaction():
            raise OperationalError("SELECT", {}, Exception("no such table"))
    await database.close()
