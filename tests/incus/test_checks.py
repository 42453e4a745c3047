"""What a host's kernel keeps a pool from doing is told."""

import pytest

from studiolo.engines.incus.checks import limits_not_held


@pytest.mark.parametrize(
    ("level", "inconsistent", "told"),
    [
        ("3\n", "0\n", "drop_subtree_threshold"),
        ("8\n", "1\n", "quota rescan"),
        ("8\n", "0\n", ""),
        (None, None, ""),
    ],
)
def test_a_btrfs_pool_that_does_not_hold_its_limits_is_told(tmp_path, level, inconsistent, told):
    pool = tmp_path / "c13aa589-06fe"
    (pool / "qgroups").mkdir(parents=True)
    (pool / "label").write_text("studiolo\n")
    if level is not None:
        (pool / "qgroups" / "drop_subtree_threshold").write_text(level)
        (pool / "qgroups" / "inconsistent").write_text(inconsistent)
    cure = limits_not_held("studiolo", tmp_path)
    assert told in cure if told else cure is None
    assert limits_not_held("another", tmp_path) is None
