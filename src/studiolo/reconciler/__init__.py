"""The loop that drives each machine to its desired state: load, act, apply."""

from studiolo.reconciler.loop import Reconciler
from studiolo.reconciler.pace import Pace
from studiolo.reconciler.specs import Specs

__all__ = ["Pace", "Reconciler", "Specs"]
