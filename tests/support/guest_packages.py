"""Small packages of each kind that a person installs in a machine, made here: no network needed."""

import io
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SAYS = "studiolo package"


@dataclass(frozen=True)
class Package:
    """How it is installed from a path, and the command that only works once it is."""

    file: Path
    install: Callable[[str], str]
    use: str
    says: str = SAYS


def debian_package(folder: Path) -> Package:
    root = folder / "deb"
    (root / "DEBIAN").mkdir(parents=True)
    (root / "DEBIAN" / "control").write_text(
        "Package: studiolo-witness\nVersion: 1.0\nArchitecture: all\n"
        "Maintainer: Nobody <nobody@localhost>\nDescription: a test\n"
    )
    program = root / "usr" / "bin" / "studiolo-witness"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho {SAYS}\n")
    program.chmod(0o755)
    file = folder / "studiolo-witness.deb"
    command = ["dpkg-deb", "--build", "--root-owner-group", str(root), str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return Package(file, lambda path: f"sudo apt-get install -y {path}", "studiolo-witness")


def python_wheel(folder: Path) -> Package:
    file = folder / "studiolo_witness-1.0-py3-none-any.whl"
    info = "studiolo_witness-1.0.dist-info"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr("studiolo_witness.py", f"print({SAYS!r})\n")
        wheel.writestr(
            f"{info}/METADATA", "Metadata-Version: 2.1\nName: studiolo-witness\nVersion: 1.0\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", "")
    pip = "/opt/studiolo/ml/bin/python -m pip install --no-index"
    return Package(
        file, lambda path: f"{pip} {path}", "/opt/studiolo/ml/bin/python -m studiolo_witness"
    )


def r_package(folder: Path) -> Package:
    description = (
        "Package: studiolowitness\nVersion: 1.0\nTitle: A Test\nDescription: A test.\n"
        "License: Apache License 2.0\nAuthor: Nobody\nMaintainer: Nobody <nobody@localhost>\n"
    )
    contents = {
        "DESCRIPTION": description,
        "NAMESPACE": "export(witness)\n",
        "R/witness.R": f'witness <- function() cat("{SAYS}\\n")\n',
    }
    file = folder / "studiolowitness_1.0.tar.gz"
    with tarfile.open(file, "w:gz") as archive:
        for name, text in contents.items():
            data = text.encode()
            entry = tarfile.TarInfo(f"studiolowitness/{name}")
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    install = 'cd /tmp && Rscript -e \'install.packages("{}", repos = NULL, type = "source")\''
    return Package(file, install.format, "Rscript -e 'studiolowitness::witness()'")
