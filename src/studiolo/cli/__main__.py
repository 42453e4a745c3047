"""`python -m studiolo.cli`, for where the `studiolo` script is not on the path."""

from studiolo.cli.main import app

app()
