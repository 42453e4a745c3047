"""The description of a machine image, `images/<name>/machine.toml`, read and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from studiolo.engines.base import Permanent

FILE = "machine.toml"
GROUND = "base"
"""The group of packages that every variant is built on."""


@dataclass(frozen=True, slots=True)
class Base:
    """The distribution.

    :param exclude: patterns of paths that no package brings.
    :param keep: exceptions to them.
    """

    distribution: str
    suite: str
    components: tuple[str, ...]
    exclude: tuple[str, ...]
    keep: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User:
    """Whose machine it is."""

    name: str
    id: int
    shell: str


@dataclass(frozen=True, slots=True)
class Units:
    """systemd units by what becomes of them."""

    enable: tuple[str, ...]
    disable: tuple[str, ...]
    mask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """What one variant holds beside the ground.

    :param packages: names of groups, those together that are installed together; the first
        compile VS Code.
    :param python: environment -> locked projects that are synced into it, in order.
    :param wheels: environment -> packages from a folder of wheels.
    :param code_server: whether Node and VS Code are part of it.
    """

    name: str
    packages: tuple[tuple[str, ...], ...]
    python: Mapping[str, tuple[str, ...]]
    wheels: Mapping[str, tuple[str, ...]]
    code_server: bool


@dataclass(frozen=True, slots=True)
class Description:
    """One image.

    :param folder: where its files lie; locked projects are its siblings.
    :param mounts: empty folders that are mounted over at a machine's start.
    :param owned: folders that the user may install into.
    """

    folder: Path
    name: str
    description: str
    base: Base
    packages: Mapping[str, tuple[str, ...]]
    user: User
    mounts: tuple[str, ...]
    owned: tuple[str, ...]
    units: Units
    variants: Mapping[str, Variant]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the description in `folder`.

        :raises Permanent: it is missing or wrong; the message names the file and the entry.
        """
        path = folder / FILE
        try:
            return cls._from_toml(folder, tomllib.loads(path.read_text(encoding="utf-8")))
        except KeyError as error:
            raise Permanent(f"{path} lacks the entry {error}.") from error
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise Permanent(f"{path} cannot be used: {error}.") from error

    @classmethod
    def _from_toml(cls, folder: Path, data: Mapping[str, Any]) -> Self:
        packages = {name: _words(group) for name, group in data["packages"].items()}
        units, user = data["units"], data["user"]
        return cls(
            folder=folder,
            name=data["name"],
            description=data["description"],
            base=_base(data["base"]),
            packages=packages,
            user=User(user["name"], int(user["id"]), user["shell"]),
            mounts=_words(data["folders"]["mounts"]),
            owned=_words(data["folders"]["owned"]),
            units=Units(*(_words(units[each]) for each in ("enable", "disable", "mask"))),
            variants={
                name: _variant(name, variant, data["python"], packages)
                for name, variant in data["variants"].items()
            },
        )

    def variant(self, name: str) -> Variant:
        """The variant called `name`.

        :raises Permanent: there is none.
        """
        if name not in self.variants:
            known = ", ".join(sorted(self.variants))
            raise Permanent(f"The image {self.name!r} has no variant {name!r}; it has: {known}.")
        return self.variants[name]

    def words(self, groups: tuple[str, ...]) -> tuple[str, ...]:
        """The packages of these groups, each once, in order."""
        return tuple(dict.fromkeys(word for group in groups for word in self.packages[group]))

    def project(self, name: str) -> Path:
        """The folder of a locked project: `pyproject.toml` and `uv.lock`, or npm's own two."""
        return self.folder.parent / name


def _base(data: Mapping[str, Any]) -> Base:
    lists = (_words(data[each]) for each in ("components", "exclude", "keep"))
    return Base(data["distribution"], data["suite"], *lists)


def _variant(
    name: str,
    data: Mapping[str, Any],
    python: Mapping[str, Any],
    packages: Mapping[str, tuple[str, ...]],
) -> Variant:
    groups = tuple(_words(each) for each in data["packages"])
    unknown = sorted({word for group in groups for word in group} - set(packages))
    if unknown:
        raise ValueError(f"variant {name!r} names unknown packages {', '.join(unknown)}")
    more = data.get("python", {})
    environments = {
        each: _words(projects) + _words(more.get(each, [])) for each, projects in python.items()
    }
    wheels = {each: _words(names) for each, names in data.get("wheels", {}).items()}
    return Variant(name, groups, environments, wheels, bool(data.get("code_server", False)))


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"a list of words is expected, not {value!r}")
    return tuple(value)
