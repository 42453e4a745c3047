"""`studiolo image` where it needs no daemon."""


def test_an_image_for_a_region_that_is_not_configured_is_refused_with_those_there_are(deployment):
    done = deployment.run("image", "list", "--region", "nowhere")
    assert done.code == 1
    assert "No region 'nowhere' with machine images is configured; there are: none." in done.err


def test_a_manifest_of_an_image_that_was_never_built_says_how_to_build_it(deployment):
    done = deployment.run("image", "show", "--variant", "full")
    assert done.code == 1
    assert "run `studiolo image build --variant full`" in done.err


def test_a_daemon_that_is_not_there_is_named(deployment, tmp_path):
    done = deployment.run("image", "list", "--socket", str(tmp_path / "none"))
    assert done.code == 1
    assert f"(the daemon at {tmp_path / 'none'}: " in done.err
