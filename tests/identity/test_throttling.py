"""Guessing passwords: counted before it is checked, the same for names that do not exist."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.identity import PASSWORD, Studio, open_studio

from studiolo.api.identity.links import new_link
from studiolo.domain.credentials import (
    PER_ADDRESS,
    PER_NAME,
    Failures,
    Throttle,
    forgiven,
)
from studiolo.store.tables.identity import (
    OneTimeRow,
    PrincipalRow,
    SessionRow,
    SignInFailureRow,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.integers(0, 10_000))
def test_waits_grow_and_are_bounded(count: int) -> None:
    for throttle in (PER_NAME, PER_ADDRESS):
        wait = throttle.blocked_until(Failures(count, NOW)) - NOW
        longer = throttle.blocked_until(Failures(count + 1, NOW)) - NOW
        assert timedelta(0) <= wait <= longer <= throttle.longest
        assert (wait == timedelta(0)) == (count <= throttle.free)


def test_each_failure_doubles_the_wait() -> None:
    throttle = Throttle(3, timedelta(seconds=1), timedelta(hours=1), timedelta(hours=2))
    waits = [
        (throttle.blocked_until(Failures(count, NOW)) - NOW).total_seconds() for count in range(8)
    ]
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8]


def test_a_quiet_time_starts_the_count_anew() -> None:
    failures = Failures(40, NOW)
    assert PER_NAME.attempt(failures, NOW + PER_NAME.quiet).count == 1
    assert PER_NAME.attempt(failures, NOW + timedelta(minutes=10)).count == 41


def test_a_wait_is_over_before_the_count_starts_anew() -> None:
    assert PER_NAME.longest < PER_NAME.quiet
    assert PER_ADDRESS.longest < PER_ADDRESS.quiet


@given(st.integers(0, 5))
def test_forgiving_never_goes_below_nothing(count: int) -> None:
    assert forgiven(Failures(count, NOW)).count == max(0, count - 1)


async def attempt(
    studio: Studio, name: str, password: str, address: str = "192.0.2.1"
) -> tuple[int, int]:
    """(status, seconds to wait)."""
    async with studio.client(address=address) as client:
        reply = await client.post("/auth/signin", json={"username": name, "password": password})
    return reply.status_code, int(reply.headers.get("retry-after", 0))


@pytest.mark.parametrize("name", ["ann", "nobody"])
async def test_too_many_failures_block_a_name_whether_or_not_it_exists(
    studio: Studio, name: str
) -> None:
    await studio.person("ann")
    statuses = [await attempt(studio, name, "wrong password") for _ in range(7)]
    assert statuses[:6] == [(401, 0)] * 6
    assert statuses[6] == (429, 1)
    assert await attempt(studio, name.upper(), PASSWORD, "192.0.2.2") == (429, 1)


async def test_the_wait_passes_and_success_clears_the_count(studio: Studio) -> None:
    await studio.person("ann")
    for _ in range(6):
        await attempt(studio, "ann", "wrong password")
    studio.clock.forward(seconds=1)
    assert (await attempt(studio, "ann", PASSWORD))[0] == 201
    statuses = [(await attempt(studio, "ann", "wrong password"))[0] for _ in range(6)]
    assert statuses == [401] * 6


async def test_guesses_sent_at_once_are_all_counted(studio: Studio) -> None:
    await studio.person("ann")
    replies = await asyncio.gather(
        *(attempt(studio, "ann", f"wrong password {each}") for each in range(20))
    )
    assert sorted(status for status, _ in replies) == [401] * 6 + [429] * 14


async def test_many_names_from_one_address_are_blocked(studio: Studio) -> None:
    statuses = [
        (await attempt(studio, f"name{each}", "wrong password"))[0]
        for each in range(PER_ADDRESS.free + 2)
    ]
    assert statuses == [401] * (PER_ADDRESS.free + 1) + [429]
    assert (await attempt(studio, "other", "wrong password", "192.0.2.7"))[0] == 401


async def test_signing_in_oneself_does_not_free_an_address_for_guessing(studio: Studio) -> None:
    await studio.person("mallory")
    for each in range(PER_ADDRESS.free + 1):
        await attempt(studio, f"name{each}", "wrong password")
    studio.clock.forward(seconds=PER_ADDRESS.longest.total_seconds())
    assert (await attempt(studio, "mallory", PASSWORD))[0] == 201
    status, wait = await attempt(studio, "another", "wrong password")
    assert (status, wait) == (429, 1)


async def test_success_does_not_count_against_an_address(studio: Studio) -> None:
    await studio.person("ann")
    for _ in range(PER_ADDRESS.free + 5):
        assert (await attempt(studio, "ann", PASSWORD))[0] in (201, 409)
    assert (await attempt(studio, "bob", "wrong password"))[0] == 401


async def test_an_unknown_name_costs_the_same_work(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    await studio.person("ann")
    checked: list[str] = []
    verify = type(studio.identity.passwords)._matches

    def counting(self: object, stored: str, password: str) -> bool:
        checked.append(stored[:16])
        return verify(self, stored, password)  # type: ignore[arg-type]

    monkeypatch.setattr(type(studio.identity.passwords), "_matches", counting)
    for name in ("ann", "nobody", "x" * 256):
        assert (await attempt(studio, name, "wrong password"))[0] == 401
    assert len(checked) == 3
    assert len(set(checked)) == 1  # the same algorithm and parameters


async def test_all_failures_say_the_same(studio: Studio) -> None:
    await studio.person("ann")
    gone = await studio.person("gone")
    async with studio.services.database.transaction() as tx:
        await tx.principals.set_disabled(gone.id, disabled=True)
    messages = set()
    async with studio.client() as client:
        for name, password in (("ann", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD)):
            reply = await client.post("/auth/signin", json={"username": name, "password": password})
            messages.add((reply.status_code, reply.text))
    assert len(messages) == 1


async def test_attempts_are_logged_without_what_was_typed(
    studio: Studio, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    caplog.set_level(logging.DEBUG, "studiolo")
    await studio.person("ann")
    await attempt(studio, "ann", PASSWORD)
    await attempt(studio, "ann", "hunter2-hunter2")
    await attempt(studio, "my-password-in-the-name-field", "hunter2-hunter2")
    lines = [each for each in await studio.activity() if each[0].endswith("signIn/action")]
    assert [(status, who) for _, status, who in lines] == [
        ("Succeeded", "ann"),
        ("Failed", "ann"),
        ("Failed", ""),
    ]
    async with studio.services.database.reading() as tx:
        everything = repr(await tx.activity.page("", None, 100))
        keys = (await tx.session.execute(SignInFailureRow.__table__.select())).all()
        hashes = (await tx.session.execute(PrincipalRow.__table__.select())).all()
    written = everything + repr(keys) + caplog.text + "".join(capsys.readouterr())
    for secret in ("hunter2", PASSWORD, "my-password-in-the-name-field"):
        assert secret not in written
    assert PASSWORD not in repr(hashes)
    assert "$argon2id$" in repr(hashes)


async def test_what_has_ended_is_swept_away_when_somebody_signs_in(
    tmp_path: Path, database_url: str
) -> None:
    studio = await open_studio(tmp_path, database_url)
    try:
        ann = await studio.person("ann")
        await attempt(studio, "nobody", "wrong password")
        async with studio.client() as client:
            await studio.sign_in(client, "ann")
        await new_link(studio.identity, ann, by=None, correlation="")
        studio.clock.forward(days=8)
        async with studio.client() as client:
            await studio.sign_in(client, "ann")
        async with studio.services.database.reading() as tx:
            sessions, links, failures = [
                (await tx.session.execute(table.__table__.select())).all()
                for table in (SessionRow, OneTimeRow, SignInFailureRow)
            ]
        assert (len(sessions), len(links)) == (1, 0)
        # The second sign-in's own address: counted, and taken back.
        assert [(row.key, row.count) for row in failures] == [("address:127.0.0.1", 0)]
    finally:
        await studio.services.database.close()
