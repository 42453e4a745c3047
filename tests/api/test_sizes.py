"""The catalogue of sizes, and what an administrator adds to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from studiolo.api.catalogue import load_catalogue
from studiolo.domain.errors import InvalidInput
from studiolo.domain.sizes import Size, SizesError, parse_sizes


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("standard_ds3_V2", Size("Standard_DS3_v2", "standardDSv2Family", 4, 14, 28672,
                                 premium_io=True)),
        ("Standard_D2_v3", Size("Standard_D2_v3", "standardDv3Family", 2, 8, 51200)),
        ("Standard_E8s_v5", Size("Standard_E8s_v5", "standardESv5Family", 8, 64,
                                 premium_io=True)),
        ("Standard_NC6s_v3", Size("Standard_NC6s_v3", "standardNCSv3Family", 6, 112, 736 * 1024, 1,
                                  "NVIDIA Tesla V100 16 GB", premium_io=True)),
    ],
)  # fmt: skip
def test_figures_are_azures(tmp_path: Path, name: str, size: Size) -> None:
    assert load_catalogue(tmp_path).find(name) == size


def test_every_family_of_the_issue_is_there(tmp_path: Path) -> None:
    families = load_catalogue(tmp_path).families
    for wanted in (
        "standardDv2Family", "standardDSv2Family", "standardDv3Family", "standardDSv3Family",
        "standardDSv5Family", "standardESv5Family", "standardFSv2Family", "standardNCFamily",
        "standardNCSv3Family", "Standard NCASv3_T4 Family", "StandardNCADSA100v4Family",
        "Standard NDASv4_A100 Family", "standardNDSH100v5Family", "StandardNCadsH100v5Family",
    ):  # fmt: skip
        assert wanted in families


def test_figures_are_plausible(tmp_path: Path) -> None:
    for size in load_catalogue(tmp_path).sizes:
        assert 1 <= size.vcpus <= 96
        assert 1.75 <= size.memory_gib / size.vcpus <= 25, size
        assert (size.gpus > 0) == bool(size.gpu)


def test_an_unknown_size_comes_with_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="Did you mean Standard_DS3_v2"):
        load_catalogue(tmp_path).require("Standard_DS3-v2")
    with pytest.raises(InvalidInput, match="List the sizes"):
        load_catalogue(tmp_path).require("zzz")


def test_an_administrator_adds_sizes_and_replaces_some(tmp_path: Path) -> None:
    added = {
        "families": {
            "ownFamily": [
                {"name": "Desk_1", "vcpus": 2, "memoryGiB": 3.5},
                {"name": "standard_ds3_v2", "vcpus": 1, "memoryGiB": 1},
            ]
        }
    }
    (tmp_path / "sizes.json").write_text(json.dumps(added))
    catalogue = load_catalogue(tmp_path)
    assert catalogue.require("desk_1").family == "ownFamily"
    assert catalogue.require("Standard_DS3_v2").vcpus == 1
    assert len(catalogue) == len(load_catalogue(tmp_path / "none")) + 1


ONE = {"name": "A", "vcpus": 1, "memoryGiB": 1}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"families": []},
        {"families": {"a/b": []}},
        {"families": {"f": {}}},
        {"families": {"f": [1]}},
        {"families": {"f": [{}]}},
        {"families": {"f": [ONE | {"name": "../x"}]}},
        {"families": {"f": [ONE | {"vcpus": 0}]}},
        {"families": {"f": [ONE | {"vcpus": True}]}},
        {"families": {"f": [ONE | {"vcpus": "4"}]}},
        {"families": {"f": [ONE | {"memoryGiB": 0}]}},
        {"families": {"f": [ONE | {"memoryGiB": float("nan")}]}},
        {"families": {"f": [ONE | {"gpus": -1}]}},
        {"families": {"f": [ONE | {"memory": 1}]}},
        {"families": {"f": [ONE, ONE | {"name": "a"}]}},
    ],
)
def test_a_wrong_document_is_refused(document: Any) -> None:
    with pytest.raises(SizesError):
        parse_sizes(document)


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "sizes.json").write_text("{")
    with pytest.raises(SizesError, match=r"sizes\.json"):
        load_catalogue(tmp_path)


def test_a_size_with_more_gpus_than_there_are_is_refused_with_the_reason(tmp_path) -> None:
    catalogue = load_catalogue(tmp_path).with_gpus(1)
    assert catalogue.require("Standard_NC6s_v3").gpus == 1
    with pytest.raises(InvalidInput, match=r"needs GPUs: 2 of .* can give a machine 1") as refused:
        catalogue.require("Standard_NC12s_v3")
    assert refused.value.code == "SkuNotAvailable"
    assert catalogue.find("Standard_NC12s_v3") is not None
