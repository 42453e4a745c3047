"""Instances in every state, for tests of what moves them."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from studiolo.domain.resources import Compute, Workspace
from studiolo.domain.states import TRANSIENT, State
from tests.support.values import NOW, a_compute, a_workspace


def compute_in(
    state: State, *, at: datetime = NOW, workspace: Workspace | None = None, **changes: Any
) -> Compute:
    """An instance with a name of its own that entered `state` at `at`."""
    owed = TRANSIENT.get(state)
    changes.setdefault("name", f"box-{uuid4().hex[:8]}")
    changes.setdefault("deadline", at + owed.deadline if owed else None)
    changes.setdefault("etag", uuid4().hex)
    return a_compute(workspace or a_workspace(), state=state, state_since=at, **changes)
