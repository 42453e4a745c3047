"""What the daemon is told of a machine: pure functions of its spec."""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from studiolo.domain.boot import BOOT_KEY, USER_ID, Boot, Network
from studiolo.domain.machine import AGENT_PORT, AgentConfig, MachineSpec
from studiolo.engines.incus.address import Subnet
from studiolo.engines.incus.config import IncusConfig
from studiolo.engines.incus.names import DEPLOYMENT, GENERATION, MADE, NIC, image_alias

USER = "azureuser"
HOME_FOLDER = f"/home/{USER}"
SHARE_FOLDER = "/var/lib/studiolo/share"
RUN = "/run/studiolo"
ML = "/opt/studiolo/ml"

_PROCESSES = 8192
"""More than any work needs, and few enough that a fork bomb is the machine's own trouble."""

_MIB_PER_GIB = 1024
_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

Json = dict[str, Any]


def instance(
    spec: MachineSpec, source: Mapping[str, Any], devices: Mapping[str, Any], boot: Boot
) -> Json:
    """The body of `POST /1.0/instances`."""
    return {
        "name": spec.id,
        "type": "container",
        "description": f"Studiolo: {spec.name} in {spec.workspace}",
        "profiles": [],
        "source": dict(source),
        "config": {**fixed(spec), **limits(spec), **of_start(spec, boot)},
        "devices": dict(devices),
    }


def image_source(spec: MachineSpec, region: IncusConfig) -> Json:
    """The newest image of the region's variant."""
    return {"type": "image", "alias": image_alias(spec.image, region.variant)}


def fixed(spec: MachineSpec) -> dict[str, str]:
    """Configuration that a machine keeps for life."""
    return {
        DEPLOYMENT: spec.deployment,
        # The desired state is the control plane's to keep, also over a reboot of the host.
        "boot.autostart": "false",
        "security.nesting": "true",
        # azureuser is the same user inside and, on the share, outside.
        "raw.idmap": f"both {USER_ID} {USER_ID}",
        "limits.processes": str(_PROCESSES),
        "limits.memory.enforce": "hard",
    }


def limits(spec: MachineSpec) -> dict[str, str]:
    """What the size gives."""
    return {
        "limits.cpu": str(spec.resources.vcpus),
        "limits.memory": f"{spec.resources.memory_mib}MiB",
    }


def processors_again(spec: MachineSpec) -> dict[str, str]:
    """The number of processors in another spelling, to be written after the number itself.

    The daemon deals processors out when the setting changes, and may still read the old one as it
    does. The second change makes it deal once more, and whichever spelling it reads is right.
    """
    return {"limits.cpu": f"0{spec.resources.vcpus}"}


def of_start(spec: MachineSpec, boot: Boot) -> dict[str, str]:
    """Configuration of one start. It is written last: the generation says that all is as wanted."""
    return {GENERATION: str(spec.generation), BOOT_KEY: json.dumps(boot.to_json())}


def made() -> dict[str, str]:
    """Marks a container whose making ended."""
    return {MADE: "true"}


def root(spec: MachineSpec, region: IncusConfig, *, least_mib: int = 0) -> Json:
    """The root disk.

    :param least_mib: how large it must be at least, where it is fuller than it should be.
    """
    wanted = (spec.resources.root_gib or region.root_gib) * _MIB_PER_GIB
    size = f"{max(wanted, least_mib)}MiB"
    return {"type": "disk", "path": "/", "pool": region.pool, "size": size}


def share(spec: MachineSpec, region: IncusConfig) -> Json:
    """The workspace's file share, which the guest puts into the home itself."""
    return {"type": "disk", "source": str(region.shares / spec.share), "path": SHARE_FOLDER}


def nic(network: str, address: str, *, isolated: bool, managed: bool = True) -> Json:
    """The machine's interface: no other address can be taken.

    IPv6 is kept off by the network, not here: LXD 5.0 writes an interface without IPv6 into its
    name server's files in a way that it cannot read again, and then starts nothing there.

    :param isolated: whether it reaches no neighbour.
    :param managed: whether `network` is the daemon's own, or a bridge that its hosts have.
    """
    return {
        "type": "nic",
        "name": NIC,
        **({"network": network} if managed else {"nictype": "bridged", "parent": network}),
        "hwaddr": hardware_address(address),
        "ipv4.address": address,
        "security.port_isolation": str(isolated).lower(),
        "security.mac_filtering": "true",
        "security.ipv4_filtering": "true",
    }


def hardware_address(address: str) -> str:
    """A MAC address that goes with the IP address.

    Neighbours remember which belongs to which for minutes: with a chance one, a container that is
    made anew with the address of a former one would not be heard for as long.
    """
    return ":".join(f"{byte:02x}" for byte in b"\x02\x53" + ipaddress.IPv4Address(address).packed)


def boot(spec: MachineSpec, subnet: Subnet, address: str) -> Boot:
    """What the guest asks for at its start."""
    gateway = str(subnet.gateway.ip)
    return Boot(
        hostname=spec.name.lower(),
        network=Network(
            NIC,
            subnet.with_prefix(address),
            gateway if spec.public_ip and subnet.routed else None,
            (gateway,) if spec.public_ip else (),
        ),
        agent=agent(spec, address).to_json(),
    )


def agent(spec: MachineSpec, address: str) -> AgentConfig:
    """What the agent is told; its folders are in memory, so that no full disk keeps it down."""
    code = f"{HOME_FOLDER}/cloudfiles/code"
    return AgentConfig(
        machine=spec.id,
        tag=f"{spec.deployment}/{spec.id}",
        name=spec.name,
        workspace=spec.workspace,
        resource_group=spec.resource_group,
        alias=spec.alias,
        generation=spec.generation,
        listen=f"{address}:{AGENT_PORT}",
        token=spec.agent_token,
        home=HOME_FOLDER,
        working_directory=f"{code}/Users/{spec.alias}",
        notebook_root=code,
        python=f"{ML}/bin/python",
        image=ML,
        application_sockets=f"{RUN}/sockets",
        application_address=address,
        state_directory=f"{RUN}/agent",
        log_directory="/var/log/studiolo",
        temp_directory="/tmp",  # noqa: S108 - the machine's own
        disk_path=HOME_FOLDER,
        disks={"home": HOME_FOLDER, "root": "/", "temp": "/mnt"},
        memory_limit_mib=spec.resources.memory_mib,
        vcpus=spec.resources.vcpus,
        own_system=True,
        interface=NIC,
        studio_origin=spec.studio_origin,
        environment=_environment(),
    )


def _environment() -> dict[str, str]:
    return {
        "LANG": "C.UTF-8",
        "USER": USER,
        "LOGNAME": USER,
        "SHELL": "/bin/bash",
        "PATH": f"{ML}/bin:{HOME_FOLDER}/.local/bin:{_SYSTEM_PATH}",
        "VIRTUAL_ENV": ML,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "JUPYTER_RUNTIME_DIR": f"{RUN}/agent/jupyter-runtime",
        "CI_LOCAL_UBUNTU_USER": USER,
    }
