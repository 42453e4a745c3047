"""How fast and how wide the reconciler works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """Intervals in seconds and widths in machines.

    :param poll: between looks for due work when no hint comes.
    :param resync: between comparisons of every machine with the store.
    :param lease: how long a claim lasts without a heartbeat; renewed at a third of it.
    :param health: wanted time between two health checks of one running machine.
    :param health_rate: health checks per second at most, however many machines run.
    :param idle: between looks for instances that may have been idle for long enough.
    :param outage_grace: how long an engine may be silent before its machines become Unknown.
    :param move_patience: how long a machine may stay on a host that is to be left, tried again and
        again, before the evacuation is told to have failed.
    :param claims: machines worked on at a time.
    :param turns: calls at a time of one region's engine. A machine that is only being waited for
        takes none.
    :param call_limit: longest time an engine's verb may take.
    :param housekeeping: between purges of what has expired.
    :param keep_days: days for which an ended operation can be asked for; Azure's are kept for hours
        to days.
    """

    poll: float = 1.0
    resync: float = 10.0
    lease: float = 15.0
    health: float = 30.0
    health_rate: int = 20
    idle: float = 10.0
    outage_grace: float = 15.0
    move_patience: float = 300.0
    claims: int = 48
    turns: int = 16
    call_limit: float = 120.0
    housekeeping: float = 600.0
    keep_days: int = 7
