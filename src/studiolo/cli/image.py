"""`studiolo image`: the machine images of a daemon. See docs/images.md.

What builds them is imported in each command: it needs far more than the other commands, which
should start at once.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from studiolo.cli.errors import Group
from studiolo.cli.login import local_settings
from studiolo.cli.options import OutputOption
from studiolo.cli.output import Format, notes, show
from studiolo.client.errors import ClientError

app = typer.Typer(
    cls=Group, no_args_is_help=True, help="What machines of an Incus or LXD region are made of."
)

VariantOption = Annotated[str, typer.Option("--variant", help="slim or full.")]
RegionOption = Annotated[
    str | None, typer.Option("--region", help="A configured region, whose daemon is meant.")
]
SocketOption = Annotated[
    Path | None,
    typer.Option("--socket", help="Unix socket of the daemon; by default that of this host's."),
]

_COLUMNS = {
    "Image": "image",
    "Variant": "variant",
    "Version": "version",
    "Created": "created",
    "MB": "megabytes",
    "Newest": "newest",
    "Machines": "machines",
}


@contextmanager
def _told() -> Iterator[None]:
    """Turn an engine's error into the command line's."""
    from studiolo.engines.base import EngineError  # noqa: PLC0415
    from studiolo.engines.saying import in_full  # noqa: PLC0415

    try:
        yield
    except EngineError as error:
        raise ClientError(in_full(error), code="ImageError") from error


@app.command("build")
def build(
    variant: VariantOption = "slim",
    region: RegionOption = None,
    socket: SocketOption = None,
    offer: Annotated[
        bool, typer.Option("--offer/--no-offer", help="Give it to the daemon, for new machines.")
    ] = True,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="From nothing, with the newest packages.")
    ] = False,
    sources: Annotated[
        Path | None,
        typer.Option(
            "--sources", help="File of Debian package sources; the host's own by default."
        ),
    ] = None,
    wheels: Annotated[
        Path | None,
        typer.Option(
            "--wheels", help="Folder of wheels for what is on no index; pip's by default."
        ),
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option("--without", help="Leave out a package of those.")
    ] = None,
    output: OutputOption = Format.NONE,
) -> None:
    """Build the machine image as far as it is not built yet; needs root."""
    settings = local_settings()
    from studiolo.launcher import machine_images as images  # noqa: PLC0415

    with _told():
        where = images.daemon_of(settings, region, socket) if offer else None
        asked = images.Asked(variant, fresh, sources, wheels, frozenset(without or ()))
        try:
            made = images.build(settings, notes(), asked, where)
        except KeyboardInterrupt:
            notes().print("Stopped. The next build goes on from the last finished step.")
            raise typer.Exit(130) from None
    built, stored = made.built, made.stored
    notes().print(f"Image {built.version} is in {built.folder} ({built.seconds:.0f} s).")
    if stored is not None:
        notes().print("New machines start from it; the others go on with theirs.")
    show({"version": built.version, "folder": str(built.folder)}, output, {})


@app.command("list")
def list_images(
    region: RegionOption = None, socket: SocketOption = None, output: OutputOption = Format.TABLE
) -> None:
    """List the images in the daemon, the latest made first."""
    settings = local_settings()
    from studiolo.launcher import machine_images as images  # noqa: PLC0415

    with _told():
        rows: list[dict[str, Any]] = images.stored(images.daemon_of(settings, region, socket))
    for row in rows:
        row["megabytes"] = round(row["bytes"] / 1e6)
    show(rows, output, _COLUMNS)


@app.command("show")
def show_image(
    variant: VariantOption = "slim",
    output: Annotated[
        Format, typer.Option("--output", "-o", help="json or yaml, or none of it.")
    ] = Format.JSON,
) -> None:
    """Show what is inside the image that was built last on this host: its manifest."""
    settings = local_settings()
    from studiolo.launcher import machine_images as images  # noqa: PLC0415

    with _told():
        manifest = images.manifest(settings, variant)
    show(json.loads(json.dumps(manifest)), output, {})


@app.command("prune")
def prune(
    region: RegionOption = None, socket: SocketOption = None, output: OutputOption = Format.TABLE
) -> None:
    """Remove images that no machine uses and that are not the newest, and steps nobody needs."""
    settings = local_settings()
    from studiolo.launcher import machine_images as images  # noqa: PLC0415

    with _told():
        removed = images.prune(settings, images.daemon_of(settings, region, socket))
    show(removed, output, {})
