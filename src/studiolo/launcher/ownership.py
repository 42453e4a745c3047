"""Whether an incus region's machines and this host can write one file share as one user.

`azureuser` is user 1000 in every machine, and each container maps that to user 1000 of its host
(`raw.idmap = both 1000 1000`). A daemon does so only as far as its host grants it that user, in
/etc/subuid and /etc/subgid.
"""

import os
from pathlib import Path

from studiolo.region_settings import RegionSettings

GRANTS = (Path("/etc/subuid"), Path("/etc/subgid"))


def problem(
    region: RegionSettings, *, user: int | None = None, grants: tuple[Path, ...] = GRANTS
) -> tuple[str, str] | None:
    """What is wrong, and what to do; None where nothing is.

    :param user: id of the user that the control plane runs as.
    :param grants: files of the daemon's host, which is looked at only if that is this one.
    """
    own, owner = os.geteuid() if user is None else user, region.share_owner
    if own not in (0, owner):
        return (
            f"the control plane runs as user {own} and makes folders that belong to it, but "
            f"machines write as user {owner}",
            f"run Studiolo as root or as user {owner} (raw.idmap 'both {owner} 1000').",
        )
    missing = [] if region.url else [each for each in grants if not _grants(each, owner)]
    if missing:
        return (
            f"{' and '.join(map(str, missing))} do not let the daemon map user {owner}",
            f"add the line 'root:{owner}:1' to them and restart the daemon.",
        )
    return None


def _grants(file: Path, owner: int) -> bool:
    """Whether a file of subordinate ids gives `owner` to root."""
    try:
        lines = file.read_text().splitlines()
    except OSError:
        return False
    return any(_covers(line.split(":"), owner) for line in lines)


def _covers(fields: list[str], owner: int) -> bool:
    if len(fields) != 3 or fields[0] not in ("root", "0"):
        return False
    first, count = fields[1], fields[2]
    if not (first.isdecimal() and count.isdecimal()):
        return False
    return int(first) <= owner < int(first) + int(count)
