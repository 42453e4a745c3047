"""Azure's access rules: wildcards, scopes, roles."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.domain import access
from studiolo.domain.access import Permission, RoleDefinition, allows, contains, matches
from studiolo.domain.resources import PrincipalKind, RoleAssignment
from studiolo.domain.roles import (
    BUILT_IN,
    COMPUTE_OPERATOR,
    CONTRIBUTOR,
    DATA_SCIENTIST,
    OWNER,
    READER,
)

ML = "Microsoft.MachineLearningServices/workspaces"
WORKSPACE = f"/subscriptions/s/resourceGroups/rg/providers/{ML}/ws"

words = st.text("abcXYZ", min_size=1, max_size=4)
paths = st.lists(words, min_size=1, max_size=6)
scopes = st.lists(words, max_size=6).map(lambda parts: "/" + "/".join(parts))


def assignment(scope: str, role: str = OWNER.id) -> RoleAssignment:
    return RoleAssignment(
        id="a",
        scope=scope,
        role_definition=role,
        principal="p",
        principal_kind=PrincipalKind.USER,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        created_by="p",
    )


@given(paths.map("/".join))
def test_star_alone_matches_every_action(action: str) -> None:
    assert matches("*", action)


@given(paths.map("/".join))
def test_an_action_matches_itself_in_any_case(action: str) -> None:
    assert matches(action.upper(), action.lower())


@given(paths.map("/".join), paths.map("/".join))
def test_a_pattern_without_star_matches_nothing_else(pattern: str, action: str) -> None:
    assert matches(pattern, action) == (pattern.lower() == action.lower())


@given(paths, st.data())
def test_replacing_any_segment_by_star_still_matches(parts: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(parts) - 1))
    pattern = "/".join([*parts[:at], "*", *parts[at + 1 :]])
    assert matches(pattern, "/".join(parts))


@given(paths, paths, paths)
def test_star_between_slashes_stands_for_any_number_of_segments(
    head: list[str], middle: list[str], tail: list[str]
) -> None:
    pattern = "/".join([*head, "*", *tail])
    assert matches(pattern, "/".join([*head, *middle, *tail]))
    assert matches(pattern, "/".join([*head, *tail]))


def test_a_dot_in_a_pattern_is_only_a_dot() -> None:
    assert not matches("Microsoft.X/read", "MicrosoftaX/read")


@given(scopes, scopes)
def test_everything_below_a_scope_is_in_it(scope: str, below: str) -> None:
    assert contains(scope, scope.rstrip("/") + below)
    assert contains(scope.upper(), scope.rstrip("/") + below)


@given(scopes, words)
def test_a_longer_name_is_not_below(scope: str, more: str) -> None:
    parent = scope.rstrip("/") + "/name"
    assert not contains(parent, parent + more)


@given(scopes)
def test_ancestors_are_exactly_the_scopes_that_contain_it(scope: str) -> None:
    above = access.ancestors(scope)
    assert above[0] == "/"
    assert above[-1] == access.fold(scope)
    assert all(contains(outer, scope) for outer in above)
    assert len(set(above)) == len(access.segments(scope)) + 1


@given(scopes, scopes, paths.map("/".join))
def test_rights_are_monotone_in_scope(scope: str, below: str, action: str) -> None:
    held = [assignment(scope, READER.id), assignment(scope, CONTRIBUTOR.id)]
    if allows(held, BUILT_IN, action, scope):
        assert allows(held, BUILT_IN, action, scope.rstrip("/") + below)


@given(scopes, scopes, paths.map("/".join), st.sampled_from(sorted(BUILT_IN)))
def test_another_assignment_never_takes_a_right_away(
    scope: str, other: str, action: str, role: str
) -> None:
    held = [assignment(scope, READER.id)]
    if allows(held, BUILT_IN, action, scope):
        assert allows([*held, assignment(other, role)], BUILT_IN, action, scope)


@given(paths.map("/".join), paths.map("/".join), paths.map("/".join))
def test_not_actions_hold_back_exactly_what_they_match(a: str, b: str, action: str) -> None:
    permission = Permission(actions=(f"{a}*",), not_actions=(f"{b}*",))
    wanted = matches(f"{a}*", action) and not matches(f"{b}*", action)
    assert permission.grants(action) == wanted


def test_not_actions_of_one_role_do_not_limit_another() -> None:
    held = [assignment(WORKSPACE, DATA_SCIENTIST.id), assignment(WORKSPACE, COMPUTE_OPERATOR.id)]
    assert allows(held, BUILT_IN, f"{ML}/computes/write", WORKSPACE)


def test_data_actions_are_apart_from_actions() -> None:
    role = RoleDefinition("r", "r", "", (Permission(data_actions=("a/*",)),))
    assert role.grants_data("a/read")
    assert not role.grants("a/read")
    assert not OWNER.grants_data("a/read")


def test_an_unknown_role_grants_nothing() -> None:
    assert not allows([assignment("/", "gone")], BUILT_IN, "a/read", "/")


@pytest.mark.parametrize(
    ("role", "action", "granted"),
    [
        (OWNER, "Microsoft.Authorization/roleAssignments/write", True),
        (CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/write", False),
        (CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/delete", False),
        (CONTRIBUTOR, "Microsoft.Authorization/roleAssignments/read", True),
        (CONTRIBUTOR, f"{ML}/write", True),
        (READER, f"{ML}/computes/read", True),
        (READER, f"{ML}/computes/start/action", False),
        (READER, access.OPEN_APPLICATION, False),
        (DATA_SCIENTIST, f"{ML}/read", True),
        (DATA_SCIENTIST, f"{ML}/write", False),
        (DATA_SCIENTIST, f"{ML}/delete", False),
        (DATA_SCIENTIST, f"{ML}/computes/read", True),
        (DATA_SCIENTIST, f"{ML}/computes/write", False),
        (DATA_SCIENTIST, f"{ML}/computes/delete", False),
        (DATA_SCIENTIST, f"{ML}/computes/start/action", True),
        (DATA_SCIENTIST, f"{ML}/jobs/write", True),
        (DATA_SCIENTIST, f"{ML}/listKeys/action", False),
        (DATA_SCIENTIST, access.OPEN_APPLICATION, True),
        (COMPUTE_OPERATOR, f"{ML}/computes/write", True),
        (COMPUTE_OPERATOR, f"{ML}/computes/stop/action", True),
        (COMPUTE_OPERATOR, f"{ML}/read", False),
        (COMPUTE_OPERATOR, "Microsoft.Resources/subscriptions/resourceGroups/read", False),
    ],
)
def test_built_in_roles_grant_what_azures_do(
    role: RoleDefinition, action: str, granted: bool
) -> None:
    assert role.grants(action) is granted
    held = [assignment("/subscriptions/S", role.id)]
    assert allows(held, BUILT_IN, action.upper(), WORKSPACE) is granted
    assert not allows(held, BUILT_IN, action, "/subscriptions/s2/resourceGroups/rg")


def test_a_refusal_names_client_action_scope_and_owner() -> None:
    sentence = access.refusal("bob", "id-1", f"{ML}/read", WORKSPACE, "alice")
    for part in ("'bob'", "'id-1'", f"'{ML}/read'", f"'{WORKSPACE}'", "'alice'"):
        assert part in sentence
    assert "does not have authorization to perform action" in sentence


def test_only_creator_and_assigned_user_open_applications() -> None:
    assert access.is_theirs("a", owner_id="a", assigned_id="b")
    assert access.is_theirs("b", owner_id="a", assigned_id="b")
    assert not access.is_theirs("c", owner_id="a", assigned_id="b")
    assert access.OPEN_APPLICATION in access.not_theirs("c", "id", WORKSPACE, "a")
