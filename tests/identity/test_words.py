"""Pages before the studio speak the browser's language."""

import re
import string
from pathlib import Path

import pytest
from tests.support.identity import Studio

from studiolo.api.identity import words
from studiolo.api.identity.words import LANGUAGES, catalogue

FOLDER = Path(words.__file__).parent


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_places(language: str) -> None:
    ours, first = catalogue(language), catalogue(LANGUAGES[0])
    assert set(ours) == set(first)
    assert {key: places(text) for key, text in ours.items()} == {
        key: places(text) for key, text in first.items()
    }
    assert all(text.strip() for text in ours.values())


def test_no_word_is_left_in_a_template() -> None:
    for template in (FOLDER / "templates").glob("*.html"):
        text = re.sub(r"\{[{%].*?[%}]\}|<[^>]*>", " ", template.read_text(), flags=re.DOTALL)
        assert set(re.findall(r"[^\W\d_]{2,}", text)) <= {"Studiolo", "reading"}, template.name


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        ("de, ko;q=0.5, en;q=0.7", "en"),
        ("fr", "en"),
        ("", "en"),
        ("ko;q=0, en;q=0.1", "en"),
        ("ko;q=nonsense,,;q=", "en"),
        ("KO", "ko"),
    ],
)
async def test_the_language_that_is_asked_for_is_spoken(
    studio: Studio, asked: str, spoken: str
) -> None:
    async with studio.client() as client:
        page = await client.get("/signin", headers={"Accept-Language": asked})
    assert f'<html lang="{spoken}">' in page.text
    assert catalogue(spoken)["signin.password"] in page.text
