"""A workspace's file share is there before its machines, and outlives them and the workspace."""

from pathlib import Path

import pytest

from studiolo.domain.resources import OperationStatus
from studiolo.domain.states import State
from studiolo.files.shares import WorkspaceShares
from studiolo.store.database import Database
from tests.support.reconciling import Bench
from tests.support.workspaces import delete_workspace


@pytest.fixture
async def bench(database: Database, tmp_path: Path) -> Bench:
    bench = Bench(database, shares=WorkspaceShares(tmp_path / "shares"))
    await bench.open()
    return bench


async def test_the_share_and_the_persons_folder_are_made_with_the_first_instance(
    bench: Bench, tmp_path: Path
) -> None:
    await bench.running(assigned_name="alice@example.org")
    users = tmp_path / "shares" / bench.workspace.id / "Users"
    assert [folder.name for folder in users.iterdir()] == ["alice"]


async def test_deleting_a_workspace_moves_its_files_aside(bench: Bench, tmp_path: Path) -> None:
    await bench.running(assigned_name="alice")
    share = tmp_path / "shares" / bench.workspace.id
    (share / "Users" / "alice" / "work.ipynb").write_text("{}")
    operation = await delete_workspace(bench)
    for _ in range(6):
        await bench.reconciler.delete_containers()
        await bench.settle()
    assert (await bench.operation(operation)).status is OperationStatus.SUCCEEDED
    assert not share.exists()
    kept = tmp_path / "shares" / ".retired" / bench.workspace.id
    assert (kept / "Users" / "alice" / "work.ipynb").read_text() == "{}"


async def test_a_share_that_cannot_be_made_is_told_and_tried_again(
    bench: Bench, tmp_path: Path
) -> None:
    obstacle = tmp_path / "shares"
    obstacle.write_text("a file where the folder should be")
    compute = await bench.create()
    await bench.settle()
    told = (await bench.read(compute)).errors[0].message
    assert "the file share (File exists)" in told
    assert str(tmp_path) not in told
    obstacle.unlink()
    await bench.pass_time(5)
    assert await bench.state(compute) is State.RUNNING
