"""A file share on disk for tests, and short words for what people do in it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from studiolo.files import ShareFiles, WorkspaceShares
from studiolo.files.entries import Entry, Listing
from studiolo.files.paths import share_path
from studiolo.files.uploads import Check


def anything(_etag: str | None) -> None:
    """A check that allows every change."""


@dataclass
class Team:
    """A share.

    :param top: its folder.
    :param outside: a folder beside it, with a file `secret` and a folder `treasure`.
    """

    files: ShareFiles
    top: Path
    outside: Path

    async def put(
        self, path: str, data: bytes = b"x", check: Check = anything
    ) -> tuple[Entry, bool]:
        """Upload a file."""
        now = datetime.now(UTC)
        async with self.files.upload(share_path(path), check, size=len(data), now=now) as upload:
            await upload.write(data)
            return await upload.commit(check)

    async def get(self, path: str) -> bytes:
        """Read a file."""
        file = await self.files.open(share_path(path))
        try:
            return await file.read(0, 2**30)
        finally:
            file.close()

    async def look(self, path: str = "", top: int = 10_000) -> Listing:
        """List a folder."""
        return await self.files.list(share_path(path), top=top, now=datetime.now(UTC))

    async def names(self, path: str = "") -> list[str]:
        """Names in a folder."""
        return [each.name for each in (await self.look(path)).entries]

    async def remove(self, path: str, *, recursive: bool = False) -> bool:
        """Delete."""
        return await self.files.remove(share_path(path), anything, recursive=recursive)

    async def move(self, source: str, target: str) -> Entry:
        """Move."""
        return await self.files.move(share_path(source), share_path(target))

    def on_disk(self, path: str = "") -> list[str]:
        """Names that are really there, hidden ones too."""
        return sorted(each.name for each in (self.top / path).iterdir())

    def is_untouched(self) -> bool:
        """Whether nothing outside of the share has changed."""
        return (
            sorted(each.name for each in self.outside.iterdir()) == ["secret", "treasure"]
            and (self.outside / "secret").read_text() == "hidden"
            and [each.name for each in (self.outside / "treasure").iterdir()] == ["gold"]
        )


async def open_share(folder: Path, *, owner: int | None = None) -> Team:
    """A share `ws-1` below `folder`."""
    top = await WorkspaceShares(folder / "shares").ensure("ws-1", owner=owner)
    outside = folder / "outside"
    (outside / "treasure").mkdir(parents=True)
    (outside / "secret").write_text("hidden")
    (outside / "treasure" / "gold").write_text("hidden")
    return Team(ShareFiles(folder / "shares", "ws-1"), top, outside)
