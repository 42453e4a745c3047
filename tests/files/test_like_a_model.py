"""Whatever people do in any order, the share is what a dictionary of paths says."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.sharing import Team, open_share

from studiolo.domain.errors import StudioloError
from studiolo.files.entries import Kind
from studiolo.files.paths import share_path

Model = dict[str, bytes | None]
"""Paths with their content; None for a folder."""

NAMES = st.sampled_from(["a", "b", "한", "Users"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
STEPS = st.lists(
    st.tuples(st.just("put"), PATHS, st.binary(max_size=3))
    | st.tuples(st.just("make"), PATHS, st.none())
    | st.tuples(st.just("move"), PATHS, PATHS)
    | st.tuples(st.just("remove"), PATHS, st.booleans()),
    max_size=25,
)


def above(path: str) -> str:
    return path.rpartition("/")[0]


def is_folder(model: Model, path: str) -> bool:
    return path == "" or (path in model and model[path] is None)


def below(model: Model, path: str) -> list[str]:
    return [each for each in model if each.startswith(f"{path}/")]


def put(model: Model, path: str, data: bytes) -> bool:
    if not is_folder(model, above(path)) or is_folder(model, path):
        return False
    model[path] = data
    return True


def make(model: Model, path: str, _unused: None) -> bool:
    parts = path.split("/")
    folders = ["/".join(parts[: end + 1]) for end in range(len(parts))]
    for folder in folders:
        if model.get(folder) is not None:
            return False
        model[folder] = None
    return True


def move(model: Model, path: str, target: str) -> bool:
    inside = target == path or target.startswith(f"{path}/")
    if path not in model or path == "Users" or inside or target in model:
        return False
    if not is_folder(model, above(target)):
        return False
    for each in [path, *below(model, path)]:
        model[target + each[len(path) :]] = model.pop(each)
    return True


def remove(model: Model, path: str, recursive: bool) -> bool:
    if path == "Users" or any(
        model.get(each) is not None for each in (above(path), above(above(path))) if each
    ):
        return False
    if path not in model:
        return True
    inner = below(model, path)
    if inner and not recursive:
        return False
    for each in [path, *inner]:
        del model[each]
    return True


MODEL: dict[str, Callable[..., bool]] = {"put": put, "make": make, "move": move, "remove": remove}


async def act(team: Team, verb: str, path: str, more: object) -> bool:
    try:
        match verb:
            case "put":
                await team.put(path, more)
            case "make":
                await team.files.make_folder(share_path(path))
            case "move":
                await team.move(path, more)
            case "remove":
                await team.remove(path, recursive=more)
    except StudioloError:
        return False
    return True


async def whole(team: Team) -> Model:
    found: Model = {}
    waiting = [""]
    while waiting:
        for entry in (await team.look(waiting.pop())).entries:
            is_file = entry.kind is Kind.FILE
            found[entry.path] = await team.get(entry.path) if is_file else None
            if not is_file:
                waiting.append(entry.path)
    return found


async def live(steps: list[tuple[str, str, object]]) -> None:
    model: Model = {"Users": None}
    with tempfile.TemporaryDirectory() as folder:
        team = await open_share(Path(folder))
        for verb, path, more in steps:
            # A refused making of folders may have made the first of them, on disk as in the model.
            assert await act(team, verb, path, more) == MODEL[verb](model, path, more), (verb, path)
            assert await whole(team) == model


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_the_share_is_what_a_dictionary_says(steps):
    asyncio.run(live(steps))
