"""Evacuating members of a region's cluster, and restoring them: the names that its operations have.

A member is not stored: its engine tells of it. An operation names it by its ARM id.
"""

TYPE = "Microsoft.MachineLearningServices/locations/members"

EVACUATE = "Evacuate"
RESTORE = "Restore member"
KINDS = (EVACUATE, RESTORE)
"""Kinds of operations on a member; an instance has a `Restore` of its own."""


def member_id(subscription: str, location: str, name: str) -> str:
    """ARM id of a member."""
    provider = "providers/Microsoft.MachineLearningServices"
    return f"/subscriptions/{subscription}/{provider}/locations/{location}/members/{name}"


def resource_of(location: str, name: str) -> str:
    """What an operation on a member is filed under."""
    return f"members/{location}/{name}"


def name_in(arm_id: str) -> str:
    """The member that an ARM id names."""
    return arm_id.rpartition("/")[2]
