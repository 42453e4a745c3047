"""Machines as system containers of an Incus or LXD daemon, on one host or a cluster of them.

Incus and LXD share one REST API; what differs between them is small, and asked of the daemon.
"""

from studiolo.engines.incus.config import IncusConfig
from studiolo.engines.incus.engine import IncusEngine

__all__ = ["IncusConfig", "IncusEngine"]
