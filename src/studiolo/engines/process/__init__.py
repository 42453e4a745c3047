"""The process engine: a machine is a directory and a supervised process tree.

For one person, for evaluation and for tests: machines of one deployment run as the same user, so
nothing walls them off from one another. `docs/engines.md` says what is and is not isolated.
"""

from studiolo.engines.process.engine import ProcessEngine
from studiolo.engines.process.image import ImageStore

__all__ = ["ImageStore", "ProcessEngine"]
