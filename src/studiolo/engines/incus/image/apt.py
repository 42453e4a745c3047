"""Steps made of Debian's packages."""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from studiolo.engines.incus.image.chamber import WORKSHOP, Lent
from studiolo.engines.incus.image.description import GROUND, Description
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.steps import Step
from studiolo.engines.incus.image.workshop import Bench

BASE = "base"
"""The name of the step that everything is built on."""

_OPTIONS = ('APT::Install-Recommends "false";', 'Acquire::Languages "none";')

_GROUND_SCRIPT = """\
set -eu; cd "$1"
sed -i /^force-unsafe-io/d etc/dpkg/dpkg.cfg.d/99mmdebstrap
mv etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/studiolo
rm -f etc/apt/apt.conf.d/99mmdebstrap etc/hostname
echo 'APT::Install-Recommends "false";' >etc/apt/apt.conf.d/90studiolo
ln -sfn /run/studiolo/resolv.conf etc/resolv.conf
: >etc/machine-id
"""
"""What mmdebstrap leaves behind is of this host and this build; a machine has a name, an id and a
resolver of its own. Flushing after each file is left out while building only.
"""

_SCRIPT = f"""\
export APT_CONFIG={WORKSHOP}/apt.conf
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
apt-get update -q
apt-get install -q -y $(cat {WORKSHOP}/packages)
rm -rf /usr/sbin/policy-rc.d /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
rm -f /var/cache/apt/*.bin
"""
"""policy-rc.d: packages must not start their daemons here."""


def ground(description: Description, host: Host) -> Step:
    """A small system with an init, a Python and the way to install more."""
    base, packages = description.base, description.words((GROUND,))
    sources = host.package_sources(base)
    inputs = (
        json.dumps(asdict(base)),
        " ".join(packages),
        sources.read_text(encoding="utf-8") if sources else "",
        _GROUND_SCRIPT,
    )

    def make(bench: Bench) -> None:
        bench.files.mkdir()
        command = _mmdebstrap(description, packages, sources, bench)
        bench.outside(command, PackageCounter(bench))

    return Step(BASE, f"{base.distribution} {base.suite}", (), inputs, make)


def layer(description: Description, groups: tuple[str, ...], after: str) -> Step:
    """More packages, on top of `after`."""
    words = description.words(groups)

    def make(bench: Bench) -> None:
        lent = [
            bench.lend_text("apt.conf", _configuration(bench.host)),
            bench.lend_text("packages", " ".join(words)),
            Lent(bench.cache("apt-lists"), "apt-lists", writable=True),
            Lent(bench.cache("apt-archives"), "apt-archives", writable=True),
        ]
        bench.inside(_SCRIPT, lent, PackageCounter(bench))

    title = f"Debian packages: {', '.join(groups)}"
    return Step(f"apt-{groups[0]}", title, (after,), (" ".join(words), _SCRIPT), make)


def _mmdebstrap(
    description: Description, packages: Sequence[str], sources: Path | None, bench: Bench
) -> list[str]:
    base = description.base
    return [
        *("mmdebstrap", "--mode=root", "--variant=apt", "--format=directory", "--verbose"),
        *(f"--aptopt={each}" for each in (*_OPTIONS, *bench.host.apt_options())),
        "--dpkgopt=force-unsafe-io",
        *(f"--dpkgopt=path-exclude={each}" for each in base.exclude),
        *(f"--dpkgopt=path-include={each}" for each in base.keep),
        f"--components={','.join(base.components)}",
        f"--include={','.join(packages)}",
        f"--customize-hook={_GROUND_SCRIPT}",
        *(base.suite, str(bench.files)),
        *([str(sources)] if sources else []),
    ]


def _configuration(host: Host) -> str:
    """Of apt while building: lists and packages are kept outside the image, for the next build."""
    lines = (
        *_OPTIONS,
        *host.apt_options(),
        'Dpkg::Options:: "--force-unsafe-io";',
        'APT::Sandbox::User "root";',
        'APT::Keep-Downloaded-Packages "true";',
        f'Dir::State::lists "{WORKSHOP}/apt-lists";',
        f'Dir::Cache::archives "{WORKSHOP}/apt-archives";',
        'Dir::Cache::pkgcache "";',
        'Dir::Cache::srcpkgcache "";',
    )
    return "".join(f"{line}\n" for line in lines)


class PackageCounter:
    """Turns what apt says into how far it is: each package is unpacked and set up."""

    _COUNT = re.compile(r"(\d+) newly installed")
    _STAGE = re.compile(r"(?:Unpacking|Setting up) ([a-z0-9][a-z0-9.+-]*)")

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._done = self._total = 0

    def __call__(self, line: str) -> None:
        """Take one line of apt's."""
        if found := self._COUNT.search(line):
            self._total += 2 * int(found[1])
        elif found := self._STAGE.match(line):
            self._done += 1
            self._bench.report(found[1], self._done, max(self._total, self._done + 1))
