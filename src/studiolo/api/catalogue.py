"""Loads the catalogue of sizes: the packaged data file and, if there is one, the deployment's."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

from studiolo.domain.sizes import Catalogue, SizesError, parse_sizes

ADDED_FILE = "sizes.json"
"""Name, below the home of a deployment, of the file with sizes an administrator adds."""


def load_catalogue(home: Path) -> Catalogue:
    """Return Azure's sizes, and those in `<home>/sizes.json`, which win where names are equal.

    :raises SizesError: a file is not a document of sizes; the message names the file.
    """
    packaged = resources.files("studiolo") / "data" / "sizes.json"
    catalogue = Catalogue(parse_sizes(json.loads(packaged.read_text(encoding="utf-8"))))
    added = home / ADDED_FILE
    if not added.exists():
        return catalogue
    try:
        return catalogue.with_added(parse_sizes(_read(added)))
    except SizesError as error:
        raise SizesError(f"{added}: {error}") from None


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SizesError(f"it is not JSON: {error}") from None
