"""Properties of what is parsed from a client's text: hosts, paths, cookies, upstreams."""

from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studiolo.gateway.backend import Machine
from studiolo.gateway.cookies import SESSION_COOKIE, session_cookies, without_own_cookies
from studiolo.gateway.hosts import (
    instance_host,
    safe_path,
    studio_open_url,
    ticket_parameters,
    ticket_url,
)
from studiolo.gateway.upstreams import valid_upstream

DOMAIN = "studiolo.localhost"
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)
NASTY = st.text(alphabet="/\\.:@?#%&= \t\r\n;abé\x00{}|", max_size=30)


@given(LABEL, st.integers(1, 65535))
def test_a_good_host_is_its_own_origin(label: str, port: int):
    host = instance_host(f"{label}.{DOMAIN}:{port}", "https", DOMAIN)
    assert host is not None
    suffix = "" if port == 443 else f":{port}"
    assert host.label == label
    assert host.origin == f"https://{label}.{DOMAIN}{suffix}"
    assert host.studio_origin == f"https://{DOMAIN}{suffix}"


@given(NASTY, NASTY)
def test_any_other_host_is_none_or_below_the_domain(before: str, after: str):
    host = instance_host(f"{before}.{DOMAIN}{after}", "https", DOMAIN)
    if host is not None:
        name = urlsplit(host.origin).hostname
        assert name == f"{host.label}.{DOMAIN}"
        assert "." not in host.label


@pytest.mark.parametrize(
    "host",
    [
        "",
        DOMAIN,
        f".{DOMAIN}",
        f"-a.{DOMAIN}",
        f"a-.{DOMAIN}",
        f"a.{DOMAIN}.",
        f"a.{DOMAIN}:",
        f"a.{DOMAIN}:0",
        f"a.{DOMAIN}:65536",
        f"a.{DOMAIN}:80:80",
        f"a.{DOMAIN}@evil.example",
        f"a_b.{DOMAIN}",
        f"é.{DOMAIN}",
        f"{'a' * 64}.{DOMAIN}",
        f"a.b.{DOMAIN}",
        f"a.x{DOMAIN}",
        f"a.{DOMAIN}\n",
    ],
)
def test_a_bad_host_is_none(host: str):
    assert instance_host(host, "https", DOMAIN) is None


def test_an_unknown_scheme_is_none():
    assert instance_host(f"a.{DOMAIN}", "gopher", DOMAIN) is None


@given(NASTY)
def test_a_safe_path_never_leaves_its_host(path: str):
    safe = safe_path(path)
    if safe is not None:
        assert urlsplit(urljoin("https://ci1.studiolo.localhost/x/y", safe)).netloc == (
            "ci1.studiolo.localhost"
        )
        assert safe.isascii()
        assert safe.isprintable()
        assert "\\" not in safe


@given(st.from_regex(r"/[a-zA-Z0-9_%?=&.-]{0,40}", fullmatch=True))
def test_ordinary_paths_survive_the_way_through_the_studio(path: str):
    host = instance_host(f"ci1.{DOMAIN}:8481", "https", DOMAIN)
    assert host is not None
    asked = parse_qs(urlsplit(studio_open_url(host, path)).query, keep_blank_values=True)
    assert asked == {"host": ["ci1"], "path": [path]}
    link = ticket_url(host.origin, "t-1", asked["path"][0])
    assert ticket_parameters(link) == ("t-1", path)


@given(NASTY)
def test_ticket_parameters_never_raise(query: str):
    ticket_parameters(f"/_studiolo/ticket?{query}")


@given(st.lists(st.tuples(st.from_regex(r"[A-Za-z_-]{1,12}", fullmatch=True), LABEL), max_size=8))
def test_foreign_cookies_pass_unchanged(pairs: list[tuple[str, str]]):
    header = "; ".join(f"{name}={value}" for name, value in pairs)
    foreign = [p for p in pairs if not p[0].lower().startswith("studiolo")]
    assert without_own_cookies(header) == "; ".join(f"{name}={value}" for name, value in foreign)


@given(NASTY, st.sampled_from(["studiolo", "studiolo_session", SESSION_COOKIE, "__Host-Studiolo"]))
def test_own_cookies_never_pass(around: str, name: str):
    header = f"a=1; {around};{name}=secret-value;  b=2"
    assert "secret-value" not in without_own_cookies(header)


def test_a_cookie_without_a_name_is_judged_by_its_value():
    assert without_own_cookies("studiolo_session; a=1") == "a=1"


def test_at_most_four_session_cookies_are_tried():
    header = "; ".join(f"{SESSION_COOKIE}={number}" for number in range(9))
    assert session_cookies(header) == ("0", "1", "2", "3")


MACHINE = Machine(sockets="/run/x/m/ci-1", address="10.1.2.3")
UPSTREAMS = [
    ("unix//run/x/m/ci-1/jupyter.sock", True),
    ("unix//run/x/m/ci-1/deep/er.sock", True),
    ("10.1.2.3:44225", True),
    ("10.1.2.3:44299", True),
    ("10.1.2.3:44224", False),
    ("10.1.2.3:44300", False),
    ("10.1.2.3:22", False),
    ("10.1.2.3:8888", False),
    ("", False),
    ("unix/", False),
    ("unix//run/x/m/ci-1", False),
    ("unix//run/x/m/ci-1/", False),
    ("unix//run/x/m/ci-1/agent.sock", False),
    ("unix//run/x/m/ci-1/cp.sock", False),
    ("unix//run/x/m/ci-10/jupyter.sock", False),
    ("unix//run/x/m/ci-1/../ci-2/jupyter.sock", False),
    ("unix//run/x/m/ci-1/./jupyter.sock", False),
    ("unix///run/x/m/ci-1/jupyter.sock", False),
    ("unix//run/x/m/ci-1/{env.HOME}", False),
    ("unix//run/x/m/ci-1/a|0777", False),
    ("unix//run/x/m/ci-1/a\r\nX: y", False),
    ("unix//run/x/cp.sock", False),
    ("unix//run/x/gate.sock", False),
    ("unix//run/x/caddy.sock", False),
    ("unix/run/x/m/ci-1/jupyter.sock", False),
    ("unix+h2c//run/x/m/ci-1/jupyter.sock", False),
    ("10.1.2.4:44225", False),
    ("10.1.2.3", False),
    ("10.1.2.3:0", False),
    ("10.1.2.3:99999", False),
    ("10.1.2.3:44225-44226", False),
    ("10.1.2.3:44225/x", False),
    ("010.1.2.3:44225", False),
    ("localhost:44225", False),
    ("127.0.0.1:44225", False),
    ("http://10.1.2.3:44225", False),
]


@pytest.mark.parametrize(("upstream", "valid"), UPSTREAMS)
def test_upstream(upstream: str, valid: bool):
    assert valid_upstream(upstream, MACHINE) is valid


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "0.0.0.0", "169.254.1.1", "224.0.0.1", "::1", "", None, "x"]
)
def test_a_machine_is_never_the_host_itself(address: str | None):
    dialled = f"[{address}]:44225" if address and ":" in address else f"{address}:44225"
    assert not valid_upstream(dialled, Machine(address=address))


@pytest.mark.parametrize(("address", "upstream"), [("fd00::5", "[fd00::5]:44225")])
def test_an_ipv6_machine_is_dialled(address: str, upstream: str):
    assert valid_upstream(upstream, Machine(address=address))


@given(NASTY)
def test_nothing_escapes_the_machines_folder(path: str):
    upstream = f"unix//run/x/m/ci-1/{path}"
    if valid_upstream(upstream, MACHINE):
        assert "/../" not in f"{upstream}/"
        assert upstream.isascii() or "é" in upstream
        assert not set("{}|\r\n\x00") & set(upstream)
