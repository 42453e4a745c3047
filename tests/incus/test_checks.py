"""What a host's kernel keeps a pool from doing is told."""

import pytest

from studiolo.engines.incus.checks import limits_not_held


@pytest.mark.parametrize(("level", "told"), [("3\n", True), ("8\n", False), (None, False)])
def test_a_btrfs_pool_whose_limits_end_with_a_delete_is_told(tmp_path, level, told):
    pool = tmp_path / "c13aa589-06fe"
    (pool / "qgroups").mkdir(parents=True)
    (pool / "label").write_text("studiolo\n")
    if level is not None:
        (pool / "qgroups" / "drop_subtree_threshold").write_text(level)
    assert limits_not_held("studiolo", tmp_path) == told
    assert not limits_not_held("another", tmp_path)
