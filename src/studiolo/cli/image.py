"""`studiolo image`: the machine images of this host's daemon. See docs/images.md."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from studiolo.cli.errors import Group
from studiolo.cli.login import local_settings
from studiolo.cli.options import OutputOption
from studiolo.cli.output import Format, notes, show
from studiolo.client.errors import ClientError

if TYPE_CHECKING:
    from types import ModuleType

app = typer.Typer(
    cls=Group, no_args_is_help=True, help="What machines of an Incus or LXD region are made of."
)

VariantOption = Annotated[str, typer.Option("--variant", help="slim or full.")]
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


class _Told:
    """Turns an engine's error into the command line's."""

    def __enter__(self) -> "ModuleType":
        # Imported here: building needs far more than the other commands, which start at once.
        from studiolo.launcher import machine_images  # noqa: PLC0415

        return machine_images

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        from studiolo.engines.base import EngineError  # noqa: PLC0415

        if isinstance(error, EngineError):
            raise ClientError(str(error), code="ImageError") from error


@app.command("build")
def build(
    variant: VariantOption = "slim",
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
    with _Told() as images:
        where = images.daemon_socket(socket) if offer else None
        asked = images.Asked(variant, fresh, sources, wheels, frozenset(without or ()))
        made = images.build(settings, notes(), asked, where)
    built, stored = made.built, made.stored
    notes().print(f"Image {built.version} is in {built.folder} ({built.seconds:.0f} s).")
    if stored is not None:
        notes().print("New machines start from it; the others go on with theirs.")
    show({"version": built.version, "folder": str(built.folder)}, output, {})


@app.command("list")
def list_images(socket: SocketOption = None, output: OutputOption = Format.TABLE) -> None:
    """List the images in the daemon, the latest made first."""
    with _Told() as images:
        rows: list[dict[str, Any]] = images.stored(images.daemon_socket(socket))
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
    with _Told() as images:
        manifest = images.manifest(settings, variant)
    show(json.loads(json.dumps(manifest)), output, {})


@app.command("prune")
def prune(socket: SocketOption = None, output: OutputOption = Format.TABLE) -> None:
    """Remove images that no machine uses and that are not the newest, and steps nobody needs."""
    settings = local_settings()
    with _Told() as images:
        removed = images.prune(settings, images.daemon_socket(socket))
    show(removed, output, {})
