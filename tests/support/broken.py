"""A workspace on whose host no machine can be made."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from studiolo.client.studiolo import ML_VERSION
from tests.support.deployed import GROUP, LOCATION
from tests.support.studio import StudioDeployed

REASON = "where a folder is needed; remove it"
"""What the engine says of it."""


@contextmanager
def broken_workspace(deployed: StudioDeployed) -> Iterator[str]:
    """A workspace whose share has a link where people's folders should be; its name."""
    name = f"broken-{uuid4().hex[:6]}"
    before = set(shares(deployed))
    deployed.workspace(name, LOCATION)
    administrator = deployed.administrator()
    path = administrator.workspace_path(GROUP, name)
    folder = {"path": "Users/somebody"}
    administrator.http.send("PUT", f"{path}/files/directory", version=ML_VERSION, query=folder)
    (share,) = set(shares(deployed)) - before
    (share / "Users").rename(share / "aside")
    (share / "Users").symlink_to("aside")
    yield name
    administrator.delete_workspace(GROUP, name)


def shares(deployed: StudioDeployed) -> list[Path]:
    """The folders of all workspaces' shares."""
    return list((deployed.home / "shares").glob("*"))
