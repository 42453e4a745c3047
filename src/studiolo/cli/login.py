"""`studiolo login` and `logout`."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studiolo.cli.output import notes
from studiolo.cli.session import Session, session_of
from studiolo.client import signin
from studiolo.client.errors import ClientError
from studiolo.client.http import Http
from studiolo.client.local import Local
from studiolo.client.profile import Profile
from studiolo.client.signin import SignedIn
from studiolo.client.transport import http_client

if TYPE_CHECKING:
    from studiolo.settings import Settings


def local_settings() -> "Settings":
    """The settings of this machine's deployment.

    :raises ClientError: they are not right.
    """
    # What reads settings takes as long to load as all else here, and few commands need it.
    from studiolo.settings import InvalidSettings, load_settings  # noqa: PLC0415

    try:
        return load_settings()
    except InvalidSettings as error:
        raise ClientError(str(error), code="InvalidSettings") from error


def login(
    context: typer.Context,
    server: Annotated[
        str | None, typer.Option("--server", help="Address of Studiolo, https://host:port.")
    ] = None,
    username: Annotated[
        str | None, typer.Option("--username", "-u", help="Your name; the password is asked for.")
    ] = None,
    token: Annotated[
        str | None, typer.Option("--token", help="'-' reads a personal access token from stdin.")
    ] = None,
    local: Annotated[
        bool | None,
        typer.Option(
            "--local/--no-local",
            help="As the first administrator of this machine's own deployment; no password. "
            "The default where there is one and nothing else was asked for.",
        ),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option("--ca", help="PEM file of the server's own CA.", exists=True, dir_okay=False),
    ] = None,
) -> None:
    """Sign in, and remember it for later calls."""
    session = session_of(context)
    server = server or session.server
    if token not in (None, "-"):
        raise typer.BadParameter(
            "write --token - and hand the token over on stdin", param_hint="--token"
        )
    if local is None:
        local = not (server or username or token) and local_settings().local_socket.exists()
    profile = _local() if local else _remote(session, server, username, token, ca)
    session.remember(profile)
    notes().print(f"Signed in to {profile.server} as {profile.user}.", markup=False, soft_wrap=True)


def _local() -> Profile:
    settings = local_settings()
    granted = Local(settings.local_socket).personal_token()
    return Profile(
        server=settings.https_origin,
        token=granted.token,
        token_id=granted.id,
        user=granted.user,
        root=str(settings.home / "caddy" / "pki" / "authorities" / "local" / "root.crt"),
        subscription=granted.subscription,
    )


def _remote(
    session: Session, server: str | None, username: str | None, token: str | None, ca: Path | None
) -> Profile:
    """Sign in over the network; the last profile's server and CA are the defaults."""
    before = session.profile
    server = (server or before.server).rstrip("/")
    if not server:
        raise ClientError(
            "Say where Studiolo is: studiolo login --server https://host:port.", code="NoServer"
        )
    same = server == before.server
    root = str(ca.absolute()) if ca else (before.root if same else "")
    try:
        http = Http(http_client(server, root=Path(root) if root else None))
    except ValueError as error:
        raise ClientError(f"{error}.", code="InvalidArgumentValue") from error
    signed_in = _token_sign_in(http) if token else _password_sign_in(http, username)
    kept = before if same else Profile()
    return replace(
        kept,
        server=server,
        root=root,
        token=signed_in.token,
        token_id=signed_in.token_id,
        user=signed_in.user,
        subscription=signed_in.subscription,
    )


def _token_sign_in(http: Http) -> SignedIn:
    return signin.who(http.with_token(sys.stdin.readline().strip()))


def _password_sign_in(http: Http, username: str | None) -> SignedIn:
    name = username or typer.prompt("User name", err=True)
    return signin.with_password(http, name, typer.prompt("Password", hide_input=True, err=True))


def logout(context: typer.Context) -> None:
    """Sign out: the token stops working, and is forgotten."""
    session = session_of(context)
    profile = session.profile
    if not profile.token:
        notes().print("Nobody is signed in.")
        return
    forgotten = replace(profile, token="", token_id="", user="")
    try:
        if profile.token_id:
            signin.revoke(session.studiolo.http, profile.token_id)
    finally:
        # Whatever the server says, this machine forgets it.
        session.remember(forgotten)
    notes().print(f"Signed out {profile.user}.", markup=False)
