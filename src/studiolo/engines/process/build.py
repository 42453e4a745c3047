"""Making a machine's folder, in steps that each may be the last before a crash.

A folder called `<id>` always has a `machine.json` with the deployment's id: it is written into
`.new-<id>` and renamed into place. Whatever is missing beside it is made by the next start.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from studiolo import faults
from studiolo.domain.machine import MachineSpec, Step
from studiolo.durable import sync_folder
from studiolo.engines.base import Permanent
from studiolo.engines.process.disk import private_folder, remove_tree
from studiolo.engines.process.layer import layer
from studiolo.engines.process.layout import Layout, folder_name
from studiolo.engines.process.record import Stored

_NEW = ".new-"
_TRASH = ".trash-"


def new_folder(layout: Layout) -> Path:
    """Where the machine begins, before it has its name."""
    return layout.folder.with_name(f"{_NEW}{layout.folder.name}")


def trash_folder(layout: Layout) -> Path:
    """Where the machine ends, after it has lost its name."""
    return layout.folder.with_name(f"{_TRASH}{layout.folder.name}")


def create(layout: Layout, stored: Stored) -> None:
    """Make the machine's folder with its `machine.json`; neither must be there."""
    beginning = new_folder(layout)
    remove_tree_if_any(beginning)
    beginning.mkdir(mode=0o700)
    faults.point("process.create.directory")
    stored.save(layout, folder=beginning)
    beginning.rename(layout.folder)
    sync_folder(layout.folder.parent)
    faults.point("process.create.spec")


def finish(layout: Layout, stored: Stored, shares: Path) -> None:
    """Make everything else that is missing; what is there stays as it is."""
    for part in layout.parts:
        part.mkdir(mode=0o700, exist_ok=True)
    join_share(layout, shares, stored.spec)
    faults.point("process.create.home")
    layer(layout.env, Path(stored.image))
    faults.point("process.create.env")


def join_share(layout: Layout, shares: Path, spec: MachineSpec) -> None:
    """Make `~/cloudfiles/code` the workspace's share, with the person's own folder in it.

    What the person put there in place of our link is theirs, and stays.
    """
    share = shares / folder_name(spec.share, "the id of a share")
    private_folder(share / "Users")
    (share / "Users" / folder_name(spec.alias, "a folder below Users")).mkdir(exist_ok=True)
    link = layout.home / "cloudfiles" / "code"
    link.parent.mkdir(exist_ok=True)
    if link.is_symlink() and link.readlink() != share:
        link.unlink()
    if not link.is_symlink() and not link.exists():
        link.symlink_to(share)


def updated(stored: Stored | None, spec: MachineSpec, image: Path) -> Stored:
    """What `machine.json` should say for a start as `spec` wants it.

    A machine stays on the image it was made on for as long as that is there.
    """
    spec = replace(spec, recipe=None)  # of one start, and no part of the machine
    if stored is None:
        return Stored(spec, str(image))
    kept = stored.image if Path(stored.image).is_dir() else str(image)
    notice = stored.notice if stored.spec.generation == spec.generation else None
    return replace(stored, spec=spec, image=kept, notice=notice)


def to_be_reimaged(stored: Stored | None, spec: MachineSpec) -> bool:
    """Whether the start that `spec` wants begins on the newest image, with no package of before."""
    asked = spec.recipe is not None and spec.recipe.step is Step.REIMAGE
    return asked and (stored is None or stored.spec.generation != spec.generation)


def lost_home_notice(spec: MachineSpec, *, ran: bool) -> str | None:
    """What a person is told when a machine that was started before is made from nothing.

    :param ran: whether something of it was found running.
    """
    if spec.generation <= 1 and not ran:
        return None
    return "The machine's home was missing and was made anew: it is empty."


def check(spec: MachineSpec, deployment: str) -> None:
    """Refuse a spec that would lead outside the machine's own folders, or that cannot be followed.

    :raises Permanent: saying which part.
    """
    folder_name(spec.share, "the id of a share")
    folder_name(spec.alias, "a folder below Users")
    if spec.deployment != deployment:
        raise Permanent(f"Machine {spec.id} belongs to another deployment, {spec.deployment!r}.")
    if spec.recipe is not None and spec.recipe.step is not Step.REIMAGE:
        raise Permanent(f"A machine that is a folder cannot begin with a {spec.recipe.step}.")


def remove_tree_if_any(*folders: Path) -> None:
    """Remove those that exist."""
    for folder in folders:
        if folder.is_symlink() or folder.exists():
            remove_tree(folder)


def leftovers(machines: Path) -> Sequence[Path]:
    """Folders of machines that were being made or removed when something crashed."""
    return [entry for prefix in (_NEW, _TRASH) for entry in machines.glob(f"{prefix}*")]


def leftover_id(folder: Path) -> str:
    """Id of the machine whose leftover `folder` is."""
    return folder.name.removeprefix(_NEW).removeprefix(_TRASH)
