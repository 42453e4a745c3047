"""What is written into an image beside its packages: users, units, the agent's source."""

import shlex

from studiolo.engines.incus.image.chamber import WORKSHOP, Lent
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.steps import Step, content
from studiolo.engines.incus.image.workshop import Bench
from studiolo.engines.process.image_sources import agent_files, package_folder

_AGENT_SCRIPT = """\
target=$(echo /opt/studiolo/agent/lib/python3*/site-packages)
mkdir -p "$target/studiolo"
cd /run/build/studiolo
xargs -a /run/build/sources cp --parents --no-preserve=all -t "$target/studiolo"
/opt/studiolo/agent/bin/python -m compileall -q "$target/studiolo"
"""


SYSTEM = "system"


def system(description: Description, after: tuple[str, ...]) -> Step:
    """Our files, on top of all packages."""
    tree, script = description.folder / "files", _system_script(description)

    def make(bench: Bench) -> None:
        bench.inside(script, [Lent(tree, "files")])

    inputs = (content([tree], tree), script)
    return Step(SYSTEM, "Users, units and configuration", after, inputs, make)


def agent(after: str) -> Step:
    """The agent's source. It changes most often, and so comes last."""
    sources = [path for path, _ in agent_files()]
    below = "".join(f"{shlex.quote(str(below))}\n" for _, below in agent_files())

    def make(bench: Bench) -> None:
        lent = [Lent(package_folder(), "studiolo"), bench.lend_text("sources", below)]
        bench.inside(_AGENT_SCRIPT, lent)

    inputs = (content(sources, package_folder()), _AGENT_SCRIPT)
    return Step("agent-source", "Studiolo's agent", (after,), inputs, make)


def _system_script(description: Description) -> str:
    """Makes the user, the folders that are mounted over, and the choice of units."""
    user, units = description.user, description.units
    home = f"/home/{user.name}"
    return "\n".join(
        [
            f"cp -r --no-preserve=all {WORKSHOP}/files/. /",
            f"useradd --uid {user.id} --user-group --no-create-home --home-dir {home} "
            f"--shell {user.shell} --password '*' {user.name}",
            f"install -d -m 0750 -o {user.id} -g {user.id} {home}",
            f"install -d -m 0755 {shlex.join(description.mounts)}",
            *(
                f"mkdir -p {each} && chown -R {user.id}:{user.id} {each}"
                for each in description.owned
            ),
            "chmod 0440 /etc/sudoers.d/*",
            # Each machine makes its own.
            "rm -f /etc/ssh/ssh_host_*",
            f"systemctl --quiet disable {shlex.join(units.disable)}",
            f"systemctl --quiet enable {shlex.join(units.enable)}",
            f"systemctl --quiet mask {shlex.join(units.mask)}",
            "",
        ]
    )
