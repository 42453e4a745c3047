"""`studiolo openapi`: the API's description, for what is generated from it."""

import typer


def openapi() -> None:
    """Print the OpenAPI description of the API. Nothing is started or asked for it."""
    # Here, because it is all of the control plane, and other commands should start at once.
    from studiolo.api.schema.document import as_text, document_of  # noqa: PLC0415
    from studiolo.main import ROUTERS  # noqa: PLC0415

    typer.echo(as_text(document_of(ROUTERS)), nl=False)
