"""Pages before the studio speak the browser's language."""

import html
import re
import string
from pathlib import Path

import pytest
from tests.support.identity import Studio, submit

from studiolo.api.identity import words
from studiolo.api.identity.links import new_link
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


def test_no_word_is_left_in_an_attribute_of_a_template() -> None:
    said = re.compile(r'\b(?:title|alt|placeholder|aria-label)="([^"]+)"')
    for template in (FOLDER / "templates").glob("*.html"):
        words = [each for each in said.findall(template.read_text()) if "{{" not in each]
        assert words == [], template.name


KOREAN = {"Accept-Language": "ko"}


async def test_a_sentence_of_the_api_is_said_to_be_english_and_our_own_is_not(
    studio: Studio,
) -> None:
    """A program that reads the page aloud must know."""
    async with studio.client() as client:
        client.headers.update(KOREAN)
        fields = {"username": "nobody", "password": "wrong"}
        refused = await submit(client, "/signin", fields, page="/signin")
        dead = await client.get("/signin/link?t=x")
        nowhere = await client.get("/nothing", headers={"Accept": "text/html"})
    assert '<html lang="ko">' in refused.text
    assert re.search(r'role="alert" lang="en">The user name', refused.text)
    for page, key in ((dead, "spent.text"), (nowhere, "nowhere.text")):
        said = html.unescape(page.text)
        assert f'<p lang="ko">{catalogue("ko")[key]}</p>' in said


async def test_two_passwords_that_differ_are_told_in_the_pages_language(studio: Studio) -> None:
    ann = await studio.person("ann")
    link = await new_link(studio.identity, ann, by=None, correlation="")
    async with studio.client() as client:
        client.headers.update(KOREAN)
        fields = {"t": link.partition("t=")[2], "password": "one of them", "again": "another"}
        differ = await submit(client, "/signin/link", fields, page=link)
        fields["password"] = fields["again"] = "short"
        short = await submit(client, "/signin/link", fields, page=link)
    assert f'role="alert" lang="ko">{catalogue("ko")["link.differ"]}' in differ.text
    assert 'role="alert" lang="en">' in short.text


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
