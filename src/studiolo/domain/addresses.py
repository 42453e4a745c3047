"""Where the front door listens, and the origins that follow from it."""

import ipaddress

_DEFAULT_PORTS = {"http": 80, "https": 443}


def ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Parse an address to listen on.

    :raises ValueError: it is none; the message is a sentence for a person.
    """
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(
            f"STUDIOLO_BIND: {text!r} is not an IP address, such as 127.0.0.1."
        ) from None


def plain_http(bind: tuple[str, ...], port: int) -> tuple[str, ...]:
    """The addresses among `bind` that serve plain HTTP: loopback ones, and none if `port` is 0.

    :raises ValueError: one of them is not an IP address.
    """
    return tuple(address for address in bind if ip_address(address).is_loopback and port)


def origin(scheme: str, host: str, port: int) -> str:
    """`scheme://host[:port]` as a browser writes it."""
    return f"{scheme}://{host}" + ("" if port == _DEFAULT_PORTS[scheme] else f":{port}")
