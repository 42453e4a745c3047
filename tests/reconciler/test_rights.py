"""What was granted on a resource ends with it, and is not found by the next one of its name."""

from dataclasses import replace
from uuid import uuid4

from studiolo.domain.resources import PrincipalKind, RoleAssignment
from studiolo.domain.roles import CONTRIBUTOR
from studiolo.domain.states import Event
from tests.support.reconciling import Bench
from tests.support.values import NOW, a_group, an_operation


async def grant(bench: Bench, scope: str) -> RoleAssignment:
    """Somebody is made a contributor at `scope`."""
    made = RoleAssignment(
        id=str(uuid4()),
        scope=scope,
        role_definition=CONTRIBUTOR.id,
        principal=str(uuid4()),
        principal_kind=PrincipalKind.USER,
        created_at=NOW,
        created_by="alice-id",
    )
    async with bench.database.transaction() as tx:
        await tx.roles.add(made)
    return made


async def kept(bench: Bench, *granted: RoleAssignment) -> list[bool]:
    async with bench.database.reading() as tx:
        return [await tx.roles.get(each.id) is not None for each in granted]


async def test_a_new_instance_does_not_inherit_who_could_use_its_namesake(bench: Bench) -> None:
    old = await bench.running(name="Box_1")
    here = await grant(bench, old.arm_id)
    below = await grant(bench, f"{old.arm_id.upper()}/applications/x")
    elsewhere = [
        await grant(bench, scope)
        for scope in (f"{old.arm_id}0", old.arm_id.replace("_", "x"), bench.workspace.arm_id)
    ]
    await bench.request(old, Event.DELETE)
    assert await kept(bench, here, below) == [True, True], "it is not gone yet"
    await bench.settle()
    assert await bench.find(old) is None
    new = await bench.running(name="box_1")
    async with bench.database.reading() as tx:
        applying = await tx.roles.applying_at(new.arm_id)
    assert [each.id for each in applying] == [elsewhere[-1].id]
    assert await kept(bench, here, below, *elsewhere) == [False, False, True, True, True]


async def test_a_workspace_and_a_group_take_their_assignments_with_them(bench: Bench) -> None:
    workspace = bench.workspace
    group = a_group(name=workspace.resource_group)
    scope = f"/subscriptions/{group.subscription}/resourceGroups/{group.name}"
    compute = await bench.running()
    inside = [
        await grant(bench, compute.arm_id),
        await grant(bench, workspace.arm_id),
    ]
    around = [await grant(bench, scope), await grant(bench, f"{scope}-2")]
    async with bench.database.transaction() as tx:
        await tx.groups.add(group)
        await tx.workspaces.save(replace(workspace, deleting=True), if_etag=workspace.etag)
        await tx.operations.add(an_operation(workspace.id, kind="Delete"))
    await remove_what_leaves(bench)
    assert await kept(bench, *inside, *around) == [False, False, True, True]
    async with bench.database.transaction() as tx:
        await tx.operations.add(an_operation(group.id, kind="Delete"))
    await remove_what_leaves(bench)
    assert await kept(bench, *around) == [False, True]


async def remove_what_leaves(bench: Bench) -> None:
    for _ in range(4):
        await bench.reconciler.delete_containers()
        await bench.settle()
