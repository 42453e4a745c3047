"""The steps of the real description, and what a build asks of its host."""

import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from studiolo.engines.base import Permanent
from studiolo.engines.incus.image import recipe
from studiolo.engines.incus.image.apt import PackageCounter
from studiolo.engines.incus.image.build import Builder
from studiolo.engines.incus.image.description import Description
from studiolo.engines.incus.image.host import Host
from studiolo.engines.incus.image.layers import Layers
from studiolo.engines.incus.image.steps import digests
from studiolo.engines.process.image_sources import sources_folder

TORCH = "torch-2.0-cp311-cp311-linux_x86_64.whl"


@pytest.fixture
def ml() -> Description:
    return Description.read(sources_folder() / "ml")


@pytest.fixture
def host(tmp_path) -> Host:
    sources = tmp_path / "some.sources"
    sources.write_text("Types: deb\n")
    (tmp_path / TORCH).write_text("")
    return Host({}, sources, wheels=tmp_path)


def names(description: Description, host: Host, variant: str = "slim") -> dict[str, str]:
    return digests(recipe.steps(description, description.variant(variant), host))


def test_both_variants_share_the_steps_that_are_the_same(ml, host):
    slim, full = names(ml, host), names(ml, host, "full")
    shared = {name for name in slim if slim[name] == full.get(name)}
    assert {"base", "apt-build", "apt-shell", "python-ml", "node", "code-server"} <= shared
    assert set(full) - set(slim) == {"apt-more", "python-ml-full", "wheel-torch"}


def test_a_change_of_the_agent_redoes_the_last_step_only(ml, host, monkeypatch, tmp_path):
    before = names(ml, host)
    changed = tmp_path / "boot.py"
    changed.write_text("# changed")
    files = [(changed, changed.relative_to(tmp_path))]
    monkeypatch.setattr("studiolo.engines.incus.image.files.agent_files", lambda: iter(files))
    monkeypatch.setattr("studiolo.engines.incus.image.files.package_folder", lambda: tmp_path)
    after = names(ml, host)
    assert {name for name in before if before[name] != after[name]} == {"agent-source"}


def test_one_more_package_redoes_its_step_and_not_what_is_beside_it(ml, host):
    before = names(ml, host)
    packages = {**ml.packages, "web": (*ml.packages["web"], "apache2")}
    after = names(replace(ml, packages=packages), host)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"apt-shell", "system", "agent-source"}


def test_other_package_sources_redo_everything_made_of_packages(ml, host, tmp_path):
    before = names(ml, host)
    host.sources.write_text("Types: deb\nSuites: other\n")
    after = names(ml, host)
    assert all(before[name] != after[name] for name in before)


def test_the_last_step_has_all_others_below_it(ml, host):
    steps = {each.name: each for each in recipe.steps(ml, ml.variant("full"), host)}
    *others, last = steps
    seen, waiting = set(), [last]
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting += steps[name].after
    assert seen == {*others, last}


def test_a_variant_that_holds_a_wheel_says_what_to_do_without_one(ml, host, tmp_path):
    (tmp_path / TORCH).unlink()
    with pytest.raises(Permanent, match=r"torch from a wheel.*--wheels.*--without torch"):
        names(ml, host, "full")
    assert "wheel-torch" not in names(ml, replace(host, without=frozenset({"torch"})), "full")


def test_wheels_are_also_found_where_pip_is_told_to_look(ml, host, tmp_path):
    told = replace(host, wheels=None, inherited={"PIP_FIND_LINKS": f"/nowhere {tmp_path}"})
    assert [each.name for each in told.wheels_of("torch")] == [TORCH]


def test_chosen_package_sources_that_are_not_there_are_refused(ml, tmp_path):
    with pytest.raises(Permanent, match="not a file"):
        Host({}, tmp_path / "missing").package_sources(ml.base)


@pytest.mark.parametrize(
    ("file", "text", "taken"),
    [
        ("sources.list", "deb http://m bookworm main\ndeb http://m bookworm-updates main\n", True),
        ("sources.list.d/d.sources", "URIs: http://m\nSuites: bookworm bookworm-updates\n", True),
        ("sources.list", "deb http://m noble main\ndeb http://m noble-updates main\n", False),
        ("sources.list", "# deb http://m bookworm main bookworm-updates\n", False),
        ("sources.list.d/vendor.list", "deb http://vendor bookworm main\n", False),
    ],
)
def test_the_hosts_sources_are_taken_where_they_are_the_distributions(
    ml, tmp_path, monkeypatch, file, text, taken
):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / file).write_text(text)
    monkeypatch.setattr("studiolo.engines.incus.image.host._APT", tmp_path)
    assert Host({}).package_sources(ml.base) == (tmp_path / file if taken else None)


def test_programs_of_a_build_are_given_proxies_and_no_secrets():
    inherited = {
        "https_proxy": "http://p",
        "UV_INDEX_URL": "http://i",
        "STUDIOLO_DATABASE_URL": "secret",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "HOME": "/home/somebody",
    }
    given = Host(inherited).environment()
    assert (given["https_proxy"], given["UV_INDEX_URL"]) == ("http://p", "http://i")
    assert "secret" not in given.values()
    assert given["HOME"] == "/root"


def test_a_missing_program_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None if name == "mksquashfs" else name)
    with pytest.raises(Permanent, match="apt-get install squashfs-tools"):
        Host({}).check()


def test_who_is_not_root_is_told_so_before_anything_is_made(ml, host, tmp_path, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    root = tmp_path / "machine"
    with pytest.raises(Permanent, match="takes root"):
        Builder(ml, "slim", Layers(root), host, lambda *_: None).build()
    assert not root.exists()


def test_the_date_of_a_build_is_no_part_of_what_names_its_steps(ml, host, tmp_path):
    def built_on(day: int) -> dict[str, str]:
        now = lambda: datetime(2026, 1, day, tzinfo=UTC)  # noqa: E731
        layers = Layers(tmp_path)
        return digests(Builder(ml, "slim", layers, host, lambda *_: None, now).steps())

    assert built_on(1) == built_on(2)


class Reports(list):
    def report(self, what: str, done: int, total: int) -> None:
        self.append((what, done, total))


def test_what_apt_says_becomes_how_far_it_is():
    reports = Reports()
    count = PackageCounter(reports)
    for line in (
        "0 upgraded, 2 newly installed, 0 to remove",
        "Unpacking r-base-core (4.2.2-1) ...",
        "Processing triggers for libc-bin",
        "Unpacking nginx (1.22) ...",
        "Setting up nginx (1.22) ...",
    ):
        count(line)
    assert reports == [("r-base-core", 1, 4), ("nginx", 2, 4), ("nginx", 3, 4)]


def test_the_hosts_proxies_for_apt_are_taken_and_nothing_else(monkeypatch):
    dumped = (
        'APT::Install-Recommends "true";\nAcquire::http::Proxy "http://p:1";\n'
        'Acquire::Retries "3";\nDir::Etc "etc/apt";\nAcquire::cdrom::mount "/media";\n'
    )
    done = type("Done", (), {"stdout": dumped})
    monkeypatch.setattr("subprocess.run", lambda *_, **__: done)
    assert Host(dict(os.environ)).apt_options() == (
        'Acquire::http::Proxy "http://p:1";',
        'Acquire::Retries "3";',
    )
