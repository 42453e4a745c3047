"""What `studiolo doctor` says of a deployment that does not run; the other cases are in test_up."""

from tests.support.launched import Launched


def test_doctor_of_nothing_fails_with_a_fix_for_each_line(tmp_path):
    launched = Launched(tmp_path / "h")
    launched.home.mkdir(mode=0o700)
    answer = launched.run("doctor")
    assert answer.code == 1
    lines = answer.out.splitlines()
    failed = [number for number, line in enumerate(lines) if line.startswith("fail")]
    assert failed
    assert all("Fix:" in lines[number + 1] for number in failed)
    assert "studiolo up" in answer.out
    assert "Traceback" not in answer.out + answer.err
