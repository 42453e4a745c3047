"""The description of the machine image, as it lies in images/ml and as others might write it."""

from pathlib import Path

import pytest

from studiolo.engines.base import Permanent
from studiolo.engines.incus.image.description import GROUND, Description
from studiolo.engines.process.image_sources import sources_folder


@pytest.fixture
def ml() -> Description:
    return Description.read(sources_folder() / "ml")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    """A copy of the description with one thing changed."""
    text = (sources_folder() / "ml/machine.toml").read_text()
    assert old in text
    (tmp_path / "machine.toml").write_text(text.replace(old, new, 1))
    return tmp_path


def test_the_full_variant_holds_all_that_the_slim_one_does(ml):
    slim, full = ml.variant("slim"), ml.variant("full")
    packages = [set(ml.words(sum(each.packages, ()))) for each in (slim, full)]
    assert packages[0] < packages[1]
    for environment, projects in slim.python.items():
        assert full.python[environment][: len(projects)] == projects


def test_every_locked_project_is_there(ml):
    for variant in ml.variants.values():
        for project in (name for names in variant.python.values() for name in names):
            assert (ml.project(project) / "uv.lock").is_file()


def test_every_file_of_the_tree_is_where_its_program_looks(ml):
    units = ml.folder / "files/etc/systemd/system"
    ours = [each for each in ml.units.enable if each.startswith("studiolo-")]
    assert ours
    assert all((units / each).is_file() for each in ours)
    assert (
        (ml.folder / "files/etc/sudoers.d/studiolo")
        .read_text()
        .splitlines()[-1]
        .startswith(f"{ml.user.name} ")
    )


def test_a_package_named_in_two_groups_is_installed_once(ml):
    words = ml.words((GROUND, GROUND))
    assert len(words) == len(set(words)) == len(ml.packages[GROUND])


def test_an_unknown_variant_is_refused_with_those_there_are(ml):
    with pytest.raises(Permanent, match="no variant 'huge'; it has: full, slim"):
        ml.variant("huge")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["shell", ', '["shells", ', "unknown packages shells"),
        ('suite = "bookworm"', "", "lacks the entry 'suite'"),
        ('web = ["nginx"]', 'web = "nginx"', "a list of words"),
        ("[units]", "[units", "cannot be used"),
    ],
)
def test_a_wrong_description_is_refused_with_the_file_and_the_entry(tmp_path, old, new, said):
    with pytest.raises(Permanent, match=said) as refusal:
        Description.read(changed(tmp_path, old, new))
    assert str(tmp_path / "machine.toml") in str(refusal.value)


def test_a_folder_without_a_description_is_refused(tmp_path):
    with pytest.raises(Permanent, match=r"machine\.toml cannot be used"):
        Description.read(tmp_path)
