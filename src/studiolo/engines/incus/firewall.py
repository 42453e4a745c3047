"""What the daemon's access lists leave open, closed by a table of our own in this host's nftables.

Lists let every machine ask port 53 of any address of the host, and a name server passes questions
on: a way out, letter by letter. So the host itself hears nothing from machines without one, but
answers. That takes root on the daemon's own host; elsewhere `checks.py` says that it is so.
"""

import asyncio
import ipaddress
import os
import shutil

from studiolo.engines.base import Temporary
from studiolo.engines.incus.config import IncusConfig, Remote
from studiolo.engines.saying import without_paths

_TABLE = """
add table inet studiolo
add set inet studiolo inward { type ipv4_addr; flags interval; auto-merge; }
add chain inet studiolo input { type filter hook input priority -10; policy accept; }
flush chain inet studiolo input
add rule inet studiolo input ip saddr @inward ct state != { established, related } drop
"""
"""Repeating it changes nothing; nft applies a script whole or not at all."""

_ADD = "add element inet studiolo inward {{ {prefix} }}\n"
_DELETE = "delete element inet studiolo inward {{ {prefix} }}\n"

_ABSENT = ("element does not exist", "No such file or directory")

_SECONDS = 10.0


class Firewall:
    """The table, as far as this process may write it. Deployments of one host share it."""

    def __init__(self, region: IncusConfig) -> None:
        local = not isinstance(region.daemon, Remote) and os.geteuid() == 0
        self._nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin") if local else None

    @property
    def usable(self) -> bool:
        """Whether this process can write it."""
        return self._nft is not None

    async def close(self, inward: ipaddress.IPv4Network) -> None:
        """Let the host hear nothing from these addresses.

        :raises Temporary: the kernel refuses.
        """
        await self._run(_TABLE + _ADD.format(prefix=inward))

    async def forget(self, inward: ipaddress.IPv4Network) -> None:
        """Take back :meth:`close`; also where it was never called."""
        await self._run(_TABLE + _DELETE.format(prefix=inward), absent_is_fine=True)

    async def _run(self, script: str, *, absent_is_fine: bool = False) -> None:
        if self._nft is None:
            return
        nft = await asyncio.create_subprocess_exec(
            self._nft,
            "-f",
            "-",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(_SECONDS):
            _, answer = await nft.communicate(script.encode())
        said = answer.decode(errors="replace").strip()
        if nft.returncode and not (absent_is_fine and any(each in said for each in _ABSENT)):
            told = without_paths(said.partition("\n")[0])
            raise Temporary(f"nft refuses to change a table: {told}", detail=said)
