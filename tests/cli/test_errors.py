"""What becomes of errors that reach the top of the command line."""

import errno

import typer
from typer.testing import CliRunner

from studiolo.cli.errors import FAILED, Group


def test_output_that_cannot_be_written_is_a_sentence() -> None:
    app = typer.Typer(cls=Group)

    @app.command()
    def show() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    @app.command()
    def other() -> None:
        """A second command, so that `show` has a name."""

    done = CliRunner().invoke(app, ["show"])
    assert done.exit_code == FAILED
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.output
