"""Snapshots of instances."""

from typing import Literal

from studiolo.api.schema.arm import Resource
from studiolo.api.schema.base import Answer, Instant


class SnapshotProperties(Answer):
    """When it was made."""

    created_on: Instant
    provisioning_state: Literal["Succeeded"]


class SnapshotResource(Resource):
    """What an instance was at one moment: its root and its home."""

    properties: SnapshotProperties


class SnapshotList(Answer):
    """All snapshots of an instance, oldest first."""

    value: list[SnapshotResource]
