"""All the steps of one variant of a machine image."""

from studiolo.engines.incus.image import apt, environments
from studiolo.engines.incus.image import files as ours
from studiolo.engines.incus.image.description import Description, Variant
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.steps import Step

AGENT = "agent"
"""The environment that the agent runs in, which nobody in a machine may change."""


def steps(description: Description, variant: Variant, host: Host) -> tuple[Step, ...]:
    """The steps, each after those it works on; the last has all of them below it.

    Whatever does not need one another is made side by side: packages on packages, each Python
    environment and Node on the ground. Only what changes with every edit of ours comes at the end.
    """
    made = [apt.ground(description, host)]
    for groups in variant.packages:
        made.append(apt.layer(description, groups, made[-1].name))
    for name, projects in variant.python.items():
        owner = 0 if name == AGENT else description.user.id
        made += environments.python(description, name, projects, owner)
        for package in variant.wheels.get(name, ()):
            if package not in host.without:
                files = host.wheels_of(package)
                made.append(environments.wheels(name, package, files, owner, made[-1].name))
    if variant.code_server:
        compilers = f"apt-{variant.packages[0][0]}"
        made += [environments.node(description), environments.code_server(description, compilers)]
    made.append(ours.system(description, tuple(step.name for step in made)))
    return (*made, ours.agent(made[-1].name))
