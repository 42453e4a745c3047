"""Who may do what: Azure's role-based access control, as pure rules.

A role definition grants actions; an assignment gives a role to a principal at a scope and
everything below it. Rights add up: nothing an assignment holds back (`notActions`) takes away what
another one grants. Actions, scopes and ids compare without regard to case.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from studiolo.domain.resources import RoleAssignment

OPEN_APPLICATION = "Microsoft.MachineLearningServices/workspaces/computes/applicationaccess/action"
"""Azure's action for opening an application of a compute instance."""

ASSIGN_ROLE = "Microsoft.Authorization/roleAssignments/write"
"""Azure's action for assigning a role."""


@dataclass(frozen=True, slots=True)
class Permission:
    """One block of a role definition: `actions` less `not_actions`; the same for data actions."""

    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    data_actions: tuple[str, ...] = ()
    not_data_actions: tuple[str, ...] = ()

    def grants(self, action: str) -> bool:
        """Whether this block alone grants the (management) action."""
        return _any_matches(self.actions, action) and not _any_matches(self.not_actions, action)

    def grants_data(self, action: str) -> bool:
        """Whether this block alone grants the data action."""
        return _any_matches(self.data_actions, action) and not _any_matches(
            self.not_data_actions, action
        )


@dataclass(frozen=True, slots=True)
class RoleDefinition:
    """A named set of permissions.

    :param id: UUID in lower case, the last segment of the definition's ARM id.
    :param name: Azure's `roleName`.
    """

    id: str
    name: str
    description: str
    permissions: tuple[Permission, ...]

    def grants(self, action: str) -> bool:
        """Whether any of its permissions grants the action."""
        return any(permission.grants(action) for permission in self.permissions)

    def grants_data(self, action: str) -> bool:
        """Whether any of its permissions grants the data action."""
        return any(permission.grants_data(action) for permission in self.permissions)


def matches(pattern: str, action: str) -> bool:
    """Whether an action falls under a pattern in which `*` stands for any run of characters.

    `/*/` also stands for a single `/`: the AzureML Data Scientist role holds back
    `workspaces/computes/*/write` so that its holder cannot create a compute, which is
    `workspaces/computes/write`.
    """
    return _compiled(pattern.lower()).fullmatch(action.lower()) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*".join(map(re.escape, part.split("*"))) for part in pattern.split("/*/"))
    return re.compile("/(?:.*/)?".join(parts), re.DOTALL)


def _any_matches(patterns: Iterable[str], action: str) -> bool:
    return any(matches(pattern, action) for pattern in patterns)


def segments(scope: str) -> tuple[str, ...]:
    """A scope's path segments in lower case; `/` has none."""
    return tuple(part for part in scope.lower().split("/") if part)


def contains(scope: str, inner: str) -> bool:
    """Whether `inner` is `scope` or lies below it, by whole segments (`/a/b` holds no `/a/bc`)."""
    outer = segments(scope)
    return segments(inner)[: len(outer)] == outer


def ancestors(scope: str) -> tuple[str, ...]:
    """The scope and everything above it, folded, outermost (`/`) first."""
    parts = segments(scope)
    return tuple("/" + "/".join(parts[:count]) for count in range(len(parts) + 1))


def fold(scope: str) -> str:
    """A scope as it is compared: lower case, one leading slash, none at the end."""
    return "/" + "/".join(segments(scope))


def allows(
    assignments: Iterable[RoleAssignment],
    definitions: Mapping[str, RoleDefinition],
    action: str,
    scope: str,
) -> bool:
    """Whether these assignments, all of one principal, let it do `action` at `scope`.

    :param definitions: role definitions by id; an assignment of an unknown role grants nothing.
    """
    return any(
        definition.grants(action)
        for assignment in assignments
        if (definition := definitions.get(assignment.role_definition)) is not None
        and contains(assignment.scope, scope)
    )


def granted(
    assignments: Iterable[RoleAssignment], definitions: Mapping[str, RoleDefinition], action: str
) -> tuple[str, ...]:
    """The scopes at which these assignments, all of one principal, let it do `action`.

    Folded, in order; of two of which one lies in the other, the outer.
    """
    scopes = {
        fold(assignment.scope)
        for assignment in assignments
        if (definition := definitions.get(assignment.role_definition)) is not None
        and definition.grants(action)
    }

    def outermost(scope: str) -> bool:
        return not any(other != scope and contains(other, scope) for other in scopes)

    return tuple(filter(outermost, sorted(scopes)))


def overlap(scopes: Iterable[str], wanted: str) -> tuple[str, ...]:
    """What of `wanted` and all below it lies at or below any of `scopes`, as folded scopes."""
    found = []
    for scope in scopes:
        if contains(scope, wanted):
            return (fold(wanted),)
        if contains(wanted, scope):
            found.append(fold(scope))
    return tuple(found)


def concerned(assignments: Iterable[RoleAssignment], scope: str) -> bool:
    """Whether any of these assignments, all of one principal, lies at, above or below `scope`.

    Azure shows a subscription, its regions and its providers to whoever holds any role in it: a
    client reads them before it touches the one resource its person may use.
    """
    return any(
        contains(assignment.scope, scope) or contains(scope, assignment.scope)
        for assignment in assignments
    )


def is_theirs(principal_id: str, *, owner_id: str, assigned_id: str) -> bool:
    """Whether a compute instance was created by, or for, this principal.

    Only they open its applications, whatever roles others hold (Azure's rule too).
    """
    return principal_id in (owner_id, assigned_id)


def refusal(name: str, object_id: str, action: str, scope: str, owner: str | None = None) -> str:
    """The sentence of Azure's AuthorizationFailed, with the owner to ask where one is known."""
    ask = f"ask '{owner}', who owns it, or an Owner of the scope" if owner else "ask an Owner"
    return (
        f"The client '{name}' with object id '{object_id}' does not have authorization to perform "
        f"action '{action}' over scope '{scope}' or the scope is invalid. If access was recently "
        f"granted, please refresh your credentials; otherwise {ask} to grant a role with this "
        "action."
    )


def not_theirs(name: str, object_id: str, scope: str, owner: str) -> str:
    """What somebody reads who would open the applications of another person's instance.

    First for people: whose it is and what to do. Then, for whoever is asked, Azure's sentence.

    :param owner: display name of the person it was made for.
    """
    return (
        f"This instance belongs to {owner}, and only {owner} opens its applications. Ask {owner}, "
        "or an administrator for an instance of your own. In detail: the client "
        f"'{name}' with object id '{object_id}' does not have authorization to perform "
        f"action '{OPEN_APPLICATION}' over scope '{scope}'."
    )
