"""What every command needs: the profile, a client, and defaults for group and workspace."""

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import typer

from studiolo.client.errors import ClientError
from studiolo.client.http import Http
from studiolo.client.profile import Profile, load, save
from studiolo.client.studiolo import Computes, Studiolo
from studiolo.client.transport import http_client


def config_path() -> Path:
    """`config.json` in the user's configuration folder (XDG)."""
    return Path(typer.get_app_dir("studiolo")) / "config.json"


@dataclass
class Session:
    """One run of the command line.

    :param server: overrides the profile's.
    :param token: overrides the profile's.
    """

    path: Path = field(default_factory=config_path)
    server: str | None = None
    token: str | None = field(default=None, repr=False)

    @cached_property
    def profile(self) -> Profile:
        """What was remembered."""
        try:
            return load(self.path)
        except ValueError as error:
            raise ClientError(str(error), code="InvalidProfile") from error

    def remember(self, profile: Profile) -> None:
        """Keep `profile` for later calls."""
        save(self.path, profile)
        self.__dict__["profile"] = profile

    @cached_property
    def studiolo(self) -> Studiolo:
        """A signed-in client.

        :raises ClientError: nobody is signed in.
        """
        server = self.server or self.profile.server
        token = self.token or (self.profile.token if not self.server else "")
        if not server or not token:
            raise ClientError(
                "You are not signed in. Run 'studiolo login', or 'studiolo up' first if nothing "
                "is running yet.",
                code="NotSignedIn",
            )
        root = Path(self.profile.root) if self.profile.root else None
        return Studiolo(Http(http_client(server, root=root), token), self.profile.subscription)

    def group(self, given: str | None) -> str:
        """The resource group meant."""
        return given or self.profile.group

    def workspace(self, given: str | None) -> str:
        """The workspace meant."""
        return given or self.profile.workspace

    def computes(self, group: str | None, workspace: str | None) -> Computes:
        """The computes of the workspace meant."""
        return self.studiolo.computes(self.group(group), self.workspace(workspace))

    def location(self, given: str | None) -> str:
        """The region meant: as given, the profile's, or the default workspace's."""
        if given or self.profile.location:
            return given or self.profile.location
        workspace = self.studiolo.workspace(self.profile.group, self.profile.workspace)
        return str(workspace["location"])


def session_of(context: typer.Context) -> Session:
    """The session that the command's parents made."""
    found = context.find_object(Session)
    return found if found is not None else Session()
