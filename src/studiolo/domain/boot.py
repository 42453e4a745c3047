"""What a container asks of its host at each start: see :mod:`studiolo.agent.boot`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

BOOT_KEY = "user.studiolo.boot"
"""The configuration key of the container that holds :meth:`Boot.to_json`, as JSON."""

BALLAST = "/var/lib/studiolo/ballast"
"""A file on the root disk that is given up when the disk is full, so that the host can act."""

USER_ID = 1000
"""The user `azureuser`, inside and, on the shared folder, outside."""


@dataclass(frozen=True, slots=True)
class Network:
    """How the machine reaches the network.

    :param address: with its prefix, `10.1.2.3/22`.
    :param gateway: None where there is no way out.
    """

    interface: str
    address: str
    gateway: str | None = None
    nameservers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Boot:
    """One start of a machine.

    :param agent: see :class:`studiolo.domain.machine.AgentConfig`.
    :param ssh_keys: public keys that may sign in; nobody may where `ssh` is off.
    """

    hostname: str
    network: Network
    agent: Mapping[str, Any] = field(repr=False)
    ssh: bool = False
    ssh_keys: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The value of :data:`BOOT_KEY`."""
        network = self.network
        return {
            "hostname": self.hostname,
            "network": {
                "interface": network.interface,
                "address": network.address,
                "gateway": network.gateway,
                "nameservers": list(network.nameservers),
            },
            "agent": dict(self.agent),
            "ssh": {"enabled": self.ssh, "keys": list(self.ssh_keys)},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Inverse of :meth:`to_json`.

        :raises KeyError: something is missing.
        """
        network, ssh = data["network"], data.get("ssh") or {}
        return cls(
            hostname=str(data["hostname"]),
            network=Network(
                str(network["interface"]),
                str(network["address"]),
                network.get("gateway"),
                tuple(network.get("nameservers") or ()),
            ),
            agent=dict(data["agent"]),
            ssh=bool(ssh.get("enabled")),
            ssh_keys=tuple(ssh.get("keys") or ()),
        )
