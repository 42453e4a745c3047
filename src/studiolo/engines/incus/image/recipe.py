"""The steps of a machine image."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from studiolo.engines.incus.image import files
from studiolo.engines.incus.image.chamber import WORKSHOP, Lent
from studiolo.engines.incus.image.description import GROUND, Description, Variant
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.steps import Step, content
from studiolo.engines.incus.image.workshop import Bench
from studiolo.engines.process.image_sources import agent_files, package_folder

OPT = "/opt/studiolo"
SYSTEM_PYTHON = "/usr/bin/python3"
FINISHED = "system"
"""The last step but the manifest: all that is in the image."""

_APT_OPTIONS = ('APT::Install-Recommends "false"', 'Acquire::Languages "none"')
_LOCK = ("pyproject.toml", "uv.lock")


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one variant of an image is made on one host."""

    description: Description
    variant: Variant
    host: Host = field(repr=False)

    def steps(self) -> tuple[Step, ...]:
        """All steps, each after those it works on; the last holds everything together."""
        steps = [self._ground()]
        steps += [self._python(each) for each in self.variant.python]
        if self.variant.packages:
            steps.append(self._packages())
        steps.append(self._system(tuple(step.name for step in steps)))
        steps.append(self._agent(FINISHED))
        return tuple(steps)

    def _ground(self) -> Step:
        base, packages = self.description.base, self.description.words((GROUND,))
        sources = self.host.package_sources(base)
        inputs = (
            json.dumps(asdict(base)),
            " ".join(packages),
            sources.read_text(encoding="utf-8") if sources else "",
            _GROUND_SCRIPT,
        )
        command = _mmdebstrap(self.description, packages, sources, self.host.apt_options())
        title = f"{base.distribution} {base.suite}"
        return Step("base", title, (), inputs, lambda bench: _make_ground(bench, command))

    def _packages(self) -> Step:
        words = self.description.words(self.variant.packages)
        inputs = (" ".join(words), _PACKAGES_SCRIPT)
        options = self.host.apt_options()
        make: Callable[[Bench], None] = lambda bench: _make_packages(bench, words, options)  # noqa: E731
        return Step("packages", "Debian packages", ("base",), inputs, make)

    def _python(self, environment: str) -> Step:
        projects = [self.description.project(each) for each in self.variant.python[environment]]
        owner = "root" if environment == "agent" else str(self.description.user.id)
        script = _python_script(environment, [each.name for each in projects], owner)
        locks = tuple(
            (project / name).read_text(encoding="utf-8") for project in projects for name in _LOCK
        )
        title = f"Python environment {environment}"
        make: Callable[[Bench], None] = lambda bench: _make_python(bench, projects, script)  # noqa: E731
        return Step(f"python-{environment}", title, ("base",), (script, *locks), make)

    def _system(self, after: tuple[str, ...]) -> Step:
        tree = self.description.folder / "files"
        script = files.system_script(self.description)
        inputs = (content([tree], tree), script)

        def make(bench: Bench) -> None:
            bench.inside(
                f"cp -r --no-preserve=all {WORKSHOP}/files/. /\n{script}", [Lent(tree, "files")]
            )

        return Step(FINISHED, "Users, units and configuration", after, inputs, make)

    def _agent(self, after: str) -> Step:
        sources = [path for path, _ in agent_files()]
        inputs = (content(sources, package_folder()), files.AGENT_SCRIPT)
        return Step("agent-source", "Studiolo's agent", (after,), inputs, _make_agent)


def _mmdebstrap(
    description: Description, packages: Sequence[str], sources: Path | None, acquire: Sequence[str]
) -> Callable[[Path], list[str]]:
    base = description.base
    excluded = [f"--dpkgopt=path-exclude={each}" for each in base.exclude]
    kept = [f"--dpkgopt=path-include={each}" for each in base.keep]

    def command(target: Path) -> list[str]:
        return [
            *("mmdebstrap", "--mode=root", "--variant=apt", "--format=directory", "--verbose"),
            *(f"--aptopt={each}" for each in (*_APT_OPTIONS, *acquire)),
            *("--dpkgopt=force-unsafe-io", *excluded, *kept),
            f"--components={','.join(base.components)}",
            f"--include={','.join(packages)}",
            f"--customize-hook={_GROUND_SCRIPT}",
            *(base.suite, str(target)),
            *([str(sources)] if sources else []),
        ]

    return command


_GROUND_SCRIPT = """\
set -eu; cd "$1"
sed -i /^force-unsafe-io/d etc/dpkg/dpkg.cfg.d/99mmdebstrap
mv etc/dpkg/dpkg.cfg.d/99mmdebstrap etc/dpkg/dpkg.cfg.d/studiolo
rm -f etc/apt/apt.conf.d/99mmdebstrap etc/hostname
echo 'APT::Install-Recommends "false";' >etc/apt/apt.conf.d/90studiolo
ln -sfn /run/studiolo/resolv.conf etc/resolv.conf
: >etc/machine-id
"""


def _make_ground(bench: Bench, command: Callable[[Path], list[str]]) -> None:
    bench.files.mkdir()
    bench.outside(command(bench.files), PackageCounter(bench))


_PACKAGES_SCRIPT = """\
printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
export APT_CONFIG=/run/build/apt.conf
apt-get update -q
apt-get install -q -y $(cat /run/build/packages)
rm -rf /usr/sbin/policy-rc.d /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/apt/archives/*.deb
rm -rf /var/log/apt /var/log/dpkg.log /var/log/alternatives.log /var/lib/apt/lists/partial
"""


def _make_packages(bench: Bench, words: Sequence[str], acquire: Sequence[str]) -> None:
    options = (*_APT_OPTIONS, 'Dpkg::Options:: "--force-unsafe-io"', 'APT::Sandbox::User "root"')
    lines = [f"{each.rstrip(';')};" for each in (*options, *acquire)]
    lent = [
        bench.lend_text("apt.conf", "\n".join(lines) + "\n"),
        bench.lend_text("packages", " ".join(words)),
    ]
    bench.inside(_PACKAGES_SCRIPT, lent, PackageCounter(bench))


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


def _python_script(environment: str, projects: Sequence[str], owner: str) -> str:
    target = f"{OPT}/{environment}"
    lines = [
        f"export UV_CACHE_DIR={WORKSHOP}/uv-cache UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never",
        f"export SSL_CERT_FILE={WORKSHOP}/certificates.pem UV_PROJECT_ENVIRONMENT={target}",
        f"{WORKSHOP}/uv venv --no-project --no-progress --python {SYSTEM_PYTHON} {target}",
    ]
    for name in projects:
        # A copy: uv must not write beside a description that may be read-only.
        lines += [
            f"mkdir -p /tmp/{name}",
            f"cp {WORKSHOP}/{name}/pyproject.toml {WORKSHOP}/{name}/uv.lock /tmp/{name}/",
            f"{WORKSHOP}/uv sync --locked --no-dev --inexact --compile-bytecode --no-progress "
            f"--python {target}/bin/python --project /tmp/{name}",
        ]
    return "\n".join([*lines, f"chown -R {owner}:{owner} {target}", ""])


def _make_python(bench: Bench, projects: Sequence[Path], script: str) -> None:
    lent = [*bench.host.lent_for_python(), *(Lent(each, each.name) for each in projects)]
    bench.inside(script, lent)


def _make_agent(bench: Bench) -> None:
    lent = [Lent(package_folder(), "studiolo"), bench.lend_text("sources", files.agent_list())]
    bench.inside(files.AGENT_SCRIPT, lent)
