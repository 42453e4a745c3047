"""Regions as an administrator writes them, and a deployment that has one whose daemon is away."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.launched import Launched

from studiolo.api.catalogue import load_catalogue
from studiolo.domain.quota import TOTAL
from studiolo.engines.incus.config import Remote
from studiolo.launcher.ownership import problem
from studiolo.region_settings import RegionSettings
from studiolo.regions import incus_config, make_engines, make_regions, make_shares
from studiolo.settings import InvalidSettings, Settings, load_settings

LAB: dict[str, Any] = {"name": "lab", "engine": "incus"}
BRIDGE = {"bridge": "br0", "subnet": "10.90.0.1/16"}
KEYS = ("client_certificate", "client_key", "server_certificate")
CERTIFICATES = {key: f"/etc/studiolo/{key}.pem" for key in KEYS}


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path))
    return monkeypatch


def test_regions_are_read_from_the_file(configured: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "studiolo.toml").write_text(
        'gpus = 0\n[[regions]]\nname = "lab"\ntotal_vcpus = 8\nhomes = "loop"\n'
        '[[regions]]\nname = "toys"\nengine = "fake"\n'
    )
    settings = load_settings()
    names = [(each.name, each.engine) for each in settings.every_region]
    assert names == [("local", "process"), ("lab", "incus"), ("toys", "fake")]
    config = incus_config(settings, settings.regions[0])
    assert config.shares == tmp_path / "shares"
    assert config.loops == tmp_path / "homes" / "lab"
    assert (config.root_gib, config.home_gib, config.variant) == (40, 120, "slim")


def test_the_environment_may_hold_them_as_json(configured: pytest.MonkeyPatch) -> None:
    configured.setenv("STUDIOLO_REGIONS", json.dumps([LAB | {"socket": "~/lxd.socket"}]))
    (lab,) = load_settings().regions
    assert lab.socket == Path("~/lxd.socket").expanduser()


def test_the_embedded_region_is_named_by_the_same_rules(configured: pytest.MonkeyPatch) -> None:
    configured.setenv("STUDIOLO_LOCATION", "West Europe")
    with pytest.raises(InvalidSettings, match="location: a region's name has lower-case letters"):
        load_settings()


def test_the_embedded_region_can_be_left_out(configured: pytest.MonkeyPatch) -> None:
    configured.setenv("STUDIOLO_REGIONS", json.dumps([LAB]))
    configured.setenv("STUDIOLO_ENGINE", "none")
    configured.setenv("STUDIOLO_LOCATION", "lab")
    assert [each.name for each in load_settings().every_region] == ["lab"]
    configured.setenv("STUDIOLO_LOCATION", "local")
    with pytest.raises(InvalidSettings, match="'local' must be one of the regions"):
        load_settings()


@pytest.mark.parametrize(
    ("regions", "told"),
    [
        ([LAB | {"colour": "red"}], r"regions\.0\.colour: there is no such setting"),
        ([LAB | {"name": "West Europe"}], "lower-case letters and digits"),
        ([LAB | {"name": "local"}], "two regions are called 'local'"),
        ([LAB, LAB | {"name": "other"}], "'lab' and 'other' are one project of one daemon"),
        ([{"name": "more", "engine": "process"}], "of which one deployment can have one"),
        ([LAB | {"url": "https://h:8443"}], "needs client_certificate, client_key and"),
        ([LAB | {"url": "http://h:8443"} | CERTIFICATES], r"regions\.0\.url"),
        ([LAB | CERTIFICATES], "which only a url needs"),
        ([LAB | {"url": "https://h:1", "socket": "/s"} | CERTIFICATES], "leave one out"),
        ([LAB | {"homes": "loop", "homes_pool": "p"}], "files of this host"),
        ([LAB | {"homes_folder": "/homes"}], "needs homes = "),
        ([{"name": "toys", "engine": "fake", "pool": "x"}], "pool of region 'toys' would do"),
        ([LAB | {"bridge": "br0"}], "go together: set both"),
        ([LAB | BRIDGE | {"network": "n"}], "leave one out"),
        ([LAB | BRIDGE | {"subnet": "10.90.0.0-16"}], "not a gateway with a prefix"),
        ([LAB | {"engine": "docker"}], r"regions\.0\.engine"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    configured: pytest.MonkeyPatch, regions: list[dict[str, Any]], told: str
) -> None:
    configured.setenv("STUDIOLO_REGIONS", json.dumps(regions))
    with pytest.raises(InvalidSettings, match=told):
        load_settings()


async def test_each_region_has_its_own_engine_sizes_limits_and_disks(tmp_path: Path) -> None:
    lab = RegionSettings(**LAB, gpus=2, total_vcpus=8, family_vcpus=4, disk_gib=50, root_gib=20)
    settings = Settings(home=tmp_path, engine="fake", regions=(lab,))
    regions = make_regions(settings, load_catalogue(tmp_path))
    assert regions["lab"].limits("f") == {"f": 4, TOTAL: 8}
    assert (regions["lab"].disk_gib, regions["lab"].root_gib) == (50, 20)
    assert regions["lab"].catalogue.require("Standard_NC12s_v3").gpus == 2
    assert (regions["local"].shares, regions["local"].share_owner) == (False, None)
    assert (regions["lab"].shares, regions["lab"].share_owner) == (True, 1000)
    engines = make_engines(settings, "deployment-1")
    assert list(engines) == ["local", "lab"]
    assert make_shares(settings, regions) is not None
    assert make_shares(settings, {"local": regions["local"]}) is None
    for engine in engines.values():
        await engine.aclose()


def test_a_cluster_has_a_bridge_of_its_hosts(tmp_path: Path) -> None:
    lab = RegionSettings(**LAB, **BRIDGE)
    config = incus_config(Settings(home=tmp_path, regions=(lab,)), lab)
    assert (config.bridge, config.subnet) == ("br0", "10.90.0.1/16")


def test_a_remote_daemon_is_reached_with_its_pinned_certificate(tmp_path: Path) -> None:
    lab = RegionSettings(**LAB, url="https://lab.example:8443/", **CERTIFICATES)
    daemon = incus_config(Settings(home=tmp_path, regions=(lab,)), lab).daemon
    assert isinstance(daemon, Remote)
    assert daemon.url == "https://lab.example:8443"
    assert daemon.server_certificate == Path("/etc/studiolo/server_certificate.pem")


def test_a_user_who_cannot_share_files_with_machines_is_told_what_to_do(tmp_path: Path) -> None:
    granted, other = tmp_path / "subuid", tmp_path / "subgid"
    granted.write_text("lxd:100000:65536\nroot:1000000:1000000000\nroot:1000:1\n")
    other.write_text("root:1000000:1000000000\n#\nroot:1000\n")
    lab = RegionSettings(**LAB)
    assert problem(lab, user=0, grants=(granted,)) is None
    assert problem(lab, user=1000, grants=(granted,)) is None
    refused = problem(lab, user=1001, grants=(granted,))
    assert refused is not None
    assert "as root or as user 1000" in refused[1]
    ungranted = problem(lab, user=0, grants=(granted, other))
    assert ungranted is not None
    assert str(other) in ungranted[0]
    assert "root:1000:1" in ungranted[1]


def test_a_region_whose_daemon_is_away_keeps_nothing_else_from_working(tmp_path: Path) -> None:
    launched = Launched(tmp_path / "h")
    launched.home.mkdir(mode=0o700)
    nobody = str(tmp_path / "nobody.socket")
    (launched.home / "studiolo.toml").write_text(
        f'[[regions]]\nname = "lab"\nengine = "incus"\nsocket = "{nobody}"\n'
    )
    try:
        launched.up()
        assert "Region local (fake)" in launched.printed
        assert "Region lab (incus) cannot be used now" in launched.printed
        doctor = launched.run("doctor")
        assert "engine of region local" in doctor.out
        assert "fail engine of region lab" in doctor.out
        launched.ok("login", "--local")
        listed = launched.run("compute", "list-sizes", "--location", "lab", "--output", "json")
        assert json.loads(listed.out)
        elsewhere = launched.run("compute", "list-sizes", "--location", "moon")
        assert elsewhere.code != 0
        assert "There is: lab, local" in elsewhere.out + elsewhere.err
    finally:
        launched.cleanup()
