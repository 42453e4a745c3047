"""Prints, as JSON, what is installed in the image that it is run in. Standard library only: it runs
by the image's own Python.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import distributions
from pathlib import Path

OPT = Path("/opt/studiolo")


def main() -> None:
    """Print everything."""
    found = {
        "debianPackages": debian(),
        "pythonPackages": {each.parents[2].name: python(each) for each in environments()},
        "rPackages": r_packages(),
        "programs": programs(),
        "kernels": kernels([OPT / "ml/share", Path("/usr/local/share"), Path("/usr/share")]),
    }
    json.dump(found, sys.stdout)


def debian() -> dict[str, str]:
    """Package -> version."""
    lines = _said("dpkg-query", "-W", "-f", "${Package} ${Version}\\n").splitlines()
    return dict(sorted(line.split(" ", 1) for line in lines))


def environments() -> list[Path]:
    """Folders of packages of our Python environments."""
    return sorted(OPT.glob("*/lib/python3*/site-packages"))


def python(folder: Path) -> dict[str, str]:
    """Package -> version."""
    found = {each.metadata["Name"]: each.version for each in distributions(path=[str(folder)])}
    return dict(sorted(found.items(), key=lambda item: item[0].lower()))


def r_packages() -> dict[str, str]:
    """Package -> version."""
    places = [Path("/usr/lib/R"), Path("/usr/local/lib/R")]
    files = [file for place in places for file in place.glob("*library/*/DESCRIPTION")]
    return dict(sorted(_control(file) for file in files))


def _control(file: Path) -> tuple[str, str]:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    fields = dict(line.split(": ", 1) for line in lines if ": " in line and line[0] != " ")
    return fields["Package"], fields["Version"]


def kernels(places: Sequence[Path]) -> dict[str, str]:
    """Name of a Jupyter kernel -> what a person sees."""
    files = [file for place in places for file in place.glob("jupyter/kernels/*/kernel.json")]
    told = {file.parent.name: json.loads(file.read_text(encoding="utf-8")) for file in files}
    return {name: str(kernel["display_name"]) for name, kernel in sorted(told.items())}


def programs() -> dict[str, str]:
    """Version of what is no package of the above."""
    asked = {
        "python": ("/usr/bin/python3", "--version"),
        "r": ("/usr/bin/R", "--version"),
        "node": ("/usr/local/bin/node", "--version"),
        "code-server": ("/usr/local/bin/code-server", "--version"),
        "podman": ("/usr/bin/podman", "--version"),
        "nginx": ("/usr/sbin/nginx", "-V"),
    }
    there = {name: words for name, words in asked.items() if Path(words[0]).exists()}
    return {name: _said(*words).splitlines()[0].strip() for name, words in there.items()}


def _said(*command: str) -> str:
    done = subprocess.run(  # noqa: S603 - programs of the image, arguments of ours
        command, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    return done.stdout


if __name__ == "__main__":
    main()
