"""Errors as one sentence with their code, and exit codes as `az` has them."""

from typing import Any

import typer
from typer.core import TyperGroup

from studiolo.cli.output import notes
from studiolo.client.errors import ClientError, NotFoundError

FAILED = 1
USAGE = 2
NOT_FOUND = 3


class Group(TyperGroup):
    """A group of commands that turns a client's error into a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except ClientError as error:
            report(error)
            raise typer.Exit(NOT_FOUND if isinstance(error, NotFoundError) else FAILED) from error
        except BrokenPipeError:
            raise  # click ends quietly when `head` has seen enough
        except OSError as error:
            report(ClientError(f"It could not be finished: {error}.", code="OSError"))
            raise typer.Exit(FAILED) from error
        except KeyboardInterrupt:
            notes().print(
                "Stopped waiting; what was asked for goes on. See it with 'studiolo compute show'."
            )
            raise typer.Exit(130) from None


def report(error: ClientError) -> None:
    """Print an error on stderr: `(Code) sentence`."""
    console = notes()
    console.print(f"({error.code}) ", style="bold red", end="", markup=False)
    console.print(error.message, markup=False, soft_wrap=True)
