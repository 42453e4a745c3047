"""What a person is told when a deployment cannot be started: a sentence, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studiolo.launcher.checks import free_port, last_words, log_size
from studiolo.settings import InvalidSettings, load_settings


def test_a_broken_settings_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path))
    (tmp_path / "studiolo.toml").write_text("bind = [")
    with pytest.raises(InvalidSettings, match=r"studiolo\.toml is not TOML"):
        load_settings()


def test_a_list_that_is_not_json_is_shown_how_to_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path))
    monkeypatch.setenv("STUDIOLO_BIND", "127.0.0.1")
    with pytest.raises(InvalidSettings, match=r'"bind".*STUDIOLO_BIND=\'\["127\.0\.0\.1"\]\''):
        load_settings()


def test_one_port_for_both_listeners_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path))
    monkeypatch.setenv("STUDIOLO_HTTP_PORT", "8999")
    monkeypatch.setenv("STUDIOLO_HTTPS_PORT", "8999")
    with pytest.raises(InvalidSettings, match="both 8999"):
        load_settings()


def test_what_was_typed_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STUDIOLO_HOME", str(tmp_path))
    monkeypatch.setenv("STUDIOLO_DATABASE_URL", "postgresql+asyncpg://u:sesame@h/d")
    monkeypatch.setenv("STUDIOLO_HTTP_PORT", "many")
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    assert "http_port" in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_the_last_words_are_of_this_start_only(tmp_path: Path) -> None:
    log = tmp_path / "control-plane.log"
    assert last_words(log, log_size(log)) == ""
    log.write_text('{"event": "x", "reason": "the old one"}\n')
    since = log_size(log)
    assert last_words(log, since) == ""
    with log.open("a") as file:
        file.write('{"event": "x", "reason": "the disk is full"}\nafter\n')
    assert last_words(log, since) == "the disk is full"


def test_without_a_reason_the_last_lines_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "control-plane.log"
    log.write_text("".join(f"line {number}\n" for number in range(9)))
    assert last_words(log, 0).splitlines() == [f"line {number}" for number in range(4, 9)]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql+asyncpg://ann:sesame@127.0.0.1:{nobody}/x", "ConnectionRefusedError"),
        ("nonsense:sesame", "Could not parse SQLAlchemy URL"),
    ],
)
def test_a_database_that_cannot_be_opened_is_a_reason(tmp_path: Path, url: str, said: str) -> None:
    url = url.format(nobody=free_port())
    environment = {**os.environ, "STUDIOLO_HOME": str(tmp_path), "STUDIOLO_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-m", "studiolo.main"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    log = tmp_path / "log"
    log.write_text(done.stderr)
    assert done.returncode == 1
    assert said in last_words(log, 0)
    assert "sesame" not in done.stderr
