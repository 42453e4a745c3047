"""What a build takes from the host: its package sources, its proxies, its caches."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import uv

from studiolo.engines.base import Permanent
from studiolo.engines.incus.image.chamber import Lent
from studiolo.engines.incus.image.description import Base

PROGRAMS = {
    "mmdebstrap": "mmdebstrap",
    "mksquashfs": "squashfs-tools",
    "unshare": "util-linux",
    "setpriv": "util-linux",
}
"""Programs a build needs, and Debian's package of each."""

_PASSED = re.compile(
    r"(?i)(https?|ftp|all|no)_proxy|(UV|PIP|NPM_CONFIG)_[A-Z_]*(INDEX|REGISTRY)\w*"
)
"""Variables that say how package indexes are reached; nothing else of ours enters a build."""

_ACQUIRE = re.compile(
    r"Acquire::(https?|ftp|Retries|Check-Date|Check-Valid-Until|By-Hash|ForceIPv[46])\b.*;$"
)
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_APT = Path("/etc/apt")


@dataclass(frozen=True, slots=True)
class Host:
    """The host as a build sees it.

    :param inherited: variables of this process.
    :param sources: a person's choice of package sources, a file as in `/etc/apt`; None for the
        host's own where they are the image's distribution's, else mmdebstrap's.
    :param wheels: a person's folder of wheels; None for one that pip or uv is told to look into.
    :param without: packages that are left out although they are to come from there.
    """

    inherited: Mapping[str, str] = field(repr=False)
    sources: Path | None = None
    wheels: Path | None = None
    without: frozenset[str] = frozenset()

    def environment(self) -> dict[str, str]:
        """Variables of the build's programs, on the host and in a chamber."""
        passed = {k: v for k, v in self.inherited.items() if _PASSED.fullmatch(k)}
        fixed = {"PATH": _PATH, "LC_ALL": "C.UTF-8", "HOME": "/root", "TERM": "dumb"}
        return {**passed, **fixed, "DEBIAN_FRONTEND": "noninteractive"}

    def check(self) -> None:
        """See that everything is there that a build needs.

        :raises Permanent: a program is missing; the message says which package has it.
        """
        missing = sorted({PROGRAMS[each] for each in PROGRAMS if shutil.which(each) is None})
        if missing:
            raise Permanent(
                f"Building a machine image needs {', '.join(missing)}: "
                f"run `apt-get install {' '.join(missing)}`."
            )

    def package_sources(self, base: Base) -> Path | None:
        """The file of package sources that the image is built from, and keeps.

        :raises Permanent: the chosen one is not there.
        """
        if self.sources is not None:
            if not self.sources.is_file():
                raise Permanent(f"The package sources {self.sources} are not a file.")
            return self.sources
        return next((each for each in _host_sources() if _is_for(base, each)), None)

    def wheels_of(self, package: str) -> tuple[Path, ...]:
        """The wheels there are of a package, all in one folder.

        :raises Permanent: there is none; the message says what can be done.
        """
        for folder in [self.wheels] if self.wheels else _find_links(self.inherited):
            if found := sorted(folder.glob(f"{package.replace('-', '_')}-*.whl")):
                return tuple(found)
        raise Permanent(
            f"This variant holds {package} from a wheel, and there is none: name a folder that has "
            f"one by --wheels, or leave it out by --without {package}."
        )

    def apt_options(self) -> tuple[str, ...]:
        """How the host's apt reaches its sources: proxies and the like."""
        done = subprocess.run(
            ["apt-config", "dump"],  # noqa: S607 - the host's own
            capture_output=True,
            text=True,
            check=False,
            env={"PATH": _PATH},
        )
        return tuple(line for line in done.stdout.splitlines() if _ACQUIRE.fullmatch(line))

    def lent_for_python(self) -> Iterator[Lent]:
        """The program uv, and its cache."""
        program = Path(uv.find_uv_bin())
        yield Lent(program, "uv")
        cache = subprocess.run(  # noqa: S603 - uv from our own dependency
            [str(program), "cache", "dir"],
            env=dict(self.inherited),
            capture_output=True,
            text=True,
            check=True,
        )
        folder = Path(cache.stdout.strip())
        folder.mkdir(parents=True, exist_ok=True)
        yield Lent(folder, "uv-cache", writable=True)

    def lent_for_npm(self) -> Iterator[Lent]:
        """How this user's npm reaches its registry."""
        file = Path(self.inherited.get("HOME") or "/root") / ".npmrc"
        if file.is_file():
            yield Lent(file, "npmrc")

    def lent_certificates(self) -> Iterator[Lent]:
        """The authorities the host trusts, which may be more than the image's."""
        if _CERTIFICATES.is_file():
            yield Lent(_CERTIFICATES, "certificates.pem")


def _find_links(inherited: Mapping[str, str]) -> list[Path]:
    """Local folders in which pip and uv look for wheels."""
    told = [inherited.get(each, "") for each in ("UV_FIND_LINKS", "PIP_FIND_LINKS")]
    return [Path(word) for words in told for word in re.split(r"[\s,]+", words) if word[:1] == "/"]


def _host_sources() -> Iterator[Path]:
    if (_APT / "sources.list").is_file():
        yield _APT / "sources.list"
    yield from sorted(_APT.glob("sources.list.d/*.sources"))
    yield from sorted(_APT.glob("sources.list.d/*.list"))


def _is_for(base: Base, file: Path) -> bool:
    """Whether the file names the suite as Debian's, not as a third party's suite of that name."""
    text = file.read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    words = set(" ".join(lines).split())
    return base.suite in words and f"{base.suite}-updates" in words
