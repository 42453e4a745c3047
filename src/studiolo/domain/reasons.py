"""Why an instance is not as wanted, in sentences for a person."""

from studiolo.domain.machine import Observation, Presence
from studiolo.domain.resources import Compute
from studiolo.domain.states import TRANSIENT, Goal, State

_WAITED_FOR = {
    Goal.RUNNING: "run and answer",
    Goal.STOPPED: "stop",
    Goal.ABSENT: "be removed",
}

_ADVICE = {
    State.CREATING: "Delete it and create it again.",
    State.SETTING_UP: "Delete it and create it again.",
    State.STARTING: "Its disk is kept: start it again, or delete it.",
    State.RESTARTING: "Its disk is kept: start it again, or delete it.",
    State.RESIZING: "Its disk is kept: resize it again, restart it, or delete it.",
    State.STOPPING: "Its disk is kept: stop it again, or delete it.",
    State.DELETING: "Delete it again.",
}


def expiry_reason(compute: Compute, seen: Observation | None) -> str:
    """What was waited for and how long, what was last seen or heard, and what to do.

    :param seen: None where the engine never let itself be asked.
    """
    owed = TRANSIENT[compute.state]
    minutes = int(owed.deadline.total_seconds() // 60)
    trouble = _stored_trouble(compute) or (seen.reason if seen else None) or _sight(seen)
    return (
        f"The compute instance '{compute.name}' did not {_WAITED_FOR[owed.goal]} within "
        f"{minutes} minutes. {_sentence(trouble)} {_ADVICE[compute.state]}"
    )


def gone_reason(compute: Compute, seen: Observation) -> str:
    """Somebody or something removed the machine behind Studiolo's back.

    An engine that knows better what is left of it than that it is gone says so itself.
    """
    if seen.presence is Presence.LOST and seen.healthy is None and seen.reason:
        return f"The machine of the compute instance '{compute.name}' is gone. {seen.reason}"
    return (
        f"The machine of the compute instance '{compute.name}' is gone: its directory or its disk "
        "was removed by something other than Studiolo. Files on the workspace's file share are not "
        "affected. Start it to get an empty machine, or delete it."
    )


def unhealthy_reason(compute: Compute, seen: Observation) -> str:
    """What keeps a machine from running well, after repairs did not help."""
    trouble = _stored_trouble(compute) or seen.reason or _sight(seen)
    return (
        f"The compute instance '{compute.name}' could not be repaired. {_sentence(trouble)} "
        "Its disk is kept: restart it, or delete it."
    )


def _stored_trouble(compute: Compute) -> str | None:
    """Why the last action failed, which says more than what the machine looks like since."""
    return compute.errors[0].message if compute.errors else None


def _sight(seen: Observation | None) -> str:
    if seen is None:
        return "The engine did not answer"
    if seen.presence is Presence.RUNNING:
        return "The machine runs, but its agent does not answer"
    return f"The machine was last seen {seen.presence}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
