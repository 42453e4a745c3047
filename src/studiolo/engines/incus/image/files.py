"""What is written into an image beside its packages: users, units, the agent's source."""

import shlex

from studiolo.engines.incus.image.description import Description
from studiolo.engines.process.image_sources import agent_files

AGENT_SCRIPT = """\
target=$(echo /opt/studiolo/agent/lib/python3*/site-packages)
mkdir -p "$target/studiolo"
cd /run/build/studiolo
xargs -a /run/build/sources cp --parents --no-preserve=all -t "$target/studiolo"
/opt/studiolo/agent/bin/python -m compileall -q "$target/studiolo"
"""


def agent_list() -> str:
    """Paths of the agent's source below the package, one a line."""
    return "".join(f"{shlex.quote(str(below))}\n" for _, below in agent_files())


def system_script(description: Description) -> str:
    """Makes the user, the folders that are mounted over, and the choice of units."""
    user, units = description.user, description.units
    home = f"/home/{user.name}"
    return "\n".join(
        [
            f"useradd --uid {user.id} --user-group --no-create-home --home-dir {home} "
            f"--shell {user.shell} --password '*' {user.name}",
            f"install -d -m 0750 -o {user.id} -g {user.id} {home}",
            f"install -d -m 0755 {shlex.join(description.mounts)}",
            "chmod 0440 /etc/sudoers.d/*",
            # Each machine makes its own.
            "rm -f /etc/ssh/ssh_host_*",
            f"systemctl --quiet disable {shlex.join(units.disable)}",
            f"systemctl --quiet enable {shlex.join(units.enable)}",
            f"systemctl --quiet mask {shlex.join(units.mask)}",
            "",
        ]
    )
