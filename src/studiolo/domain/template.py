"""From an ARM template and its parameters to the resources it asks for.

Pure: nothing is created here, and nothing outside the template is read. A template that asks for
what Studiolo does not have is refused with the name of the type or function, so that nobody is led
to believe that something was made.

The work a template can cause is bounded (:data:`MAX_WORK`): each evaluated value and each argument
of a function is paid for by its size, so that variables which double one another run out of budget
and not of memory.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from studiolo.domain.template_functions import FUNCTIONS, Function, Misuse, type_name
from studiolo.domain.template_language import (
    MAX_DEPTH,
    Access,
    Call,
    Json,
    Literal,
    Node,
    TemplateError,
    is_expression,
    measure,
    parse,
    shown,
    unescape,
)

MAX_WORK = 400_000
"""Values that may be looked at while one template is evaluated. The largest template seen (the
Azure SDK's for a workspace) needs about a hundredth."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a template is deployed.

    :param group: the resource group as `resourceGroup()` returns it.
    :param subscription: as `subscription()` returns it.
    :param deployment: its name.
    :param fresh: a text nobody has used; `newGuid()` makes its values of it.
    """

    group: Mapping[str, Json]
    subscription: Mapping[str, Json]
    deployment: str
    fresh: str


@dataclass(slots=True)
class _Frame:
    """One named set of lazily evaluated values: parameters or variables."""

    noun: str
    sources: Mapping[str, Json]
    values: dict[str, Json] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)


class Evaluator:
    """Evaluates values of one template; keeps the budget and what was evaluated already.

    :param parameters: final values, by lower-case name.
    :param defaults: default values not yet evaluated, by lower-case name.
    :param variables: as they stand in the template.
    """

    def __init__(
        self,
        place: Place,
        parameters: Mapping[str, Json],
        defaults: Mapping[str, Json],
        variables: Mapping[str, Json],
    ) -> None:
        self._place = place
        self._work = 0
        self._guids = 0
        self._parameters = _Frame("parameter", defaults, dict(parameters))
        self._variables = _Frame("variable", {key.lower(): v for key, v in variables.items()})

    def value(self, source: Json) -> Json:
        """`source` with every expression in it evaluated.

        :raises TemplateError: an expression cannot be evaluated.
        """
        return self._resolve(source, 0)

    def parameter(self, name: str) -> Json:
        """The value of a parameter.

        :raises TemplateError: there is none.
        """
        return self._look_up(self._parameters, name, 0)

    def _resolve(self, source: Json, depth: int) -> Json:
        self._pay(1)
        if depth > MAX_DEPTH:
            raise TemplateError(f"The template is nested more than {MAX_DEPTH} deep.")
        if isinstance(source, str):
            self._pay(len(source) // 100)
            return self._run(parse(source), depth) if is_expression(source) else unescape(source)
        if isinstance(source, list):
            return [self._resolve(item, depth + 1) for item in source]
        if isinstance(source, dict):
            return {
                self._key(key, depth): self._resolve(item, depth + 1)
                for key, item in source.items()
            }
        return source

    def _key(self, key: str, depth: int) -> str:
        name = self._resolve(key, depth)
        if not isinstance(name, str):
            raise TemplateError(f"The property name {shown(key)} does not give a string.")
        return name

    def _run(self, node: Node, depth: int) -> Json:
        self._pay(1)
        if isinstance(node, Literal):
            return node.value
        if isinstance(node, Access):
            return _access(self._run(node.target, depth + 1), self._run(node.key, depth + 1))
        return self._call(node, depth)

    def _call(self, node: Call, depth: int) -> Json:
        name = node.name.lower()
        if name in _LAZY:
            return self._lazy(name, node, depth)
        arguments = [self._run(argument, depth + 1) for argument in node.arguments]
        if name in {"parameters", "variables"}:
            frame = self._parameters if name == "parameters" else self._variables
            return self._look_up(frame, _single_text(node, arguments), depth)
        self._pay(measure(arguments)[0])
        function = FUNCTIONS.get(name) or self._of_place(name)
        if function is None:
            raise TemplateError(f"The template function '{node.name}' is not supported.")
        try:
            return function(arguments)
        except Misuse as wrong:
            raise TemplateError(f"The template function '{node.name}' {wrong}.") from None

    def _lazy(self, name: str, node: Call, depth: int) -> Json:
        """`if`, `and`, `or`: the branch that is not taken may not even be possible."""
        fewest, most = _LAZY[name]
        if len(node.arguments) < fewest or (most is not None and len(node.arguments) > most):
            raise TemplateError(
                f"The template function '{node.name}' has a wrong number of arguments."
            )
        if name == "if":
            chosen = 1 if self._condition(node, 0, depth) else 2
            return self._run(node.arguments[chosen], depth + 1)
        ends_with = name == "or"
        for index in range(len(node.arguments)):
            if self._condition(node, index, depth) is ends_with:
                return ends_with
        return not ends_with

    def _condition(self, node: Call, index: int, depth: int) -> bool:
        value = self._run(node.arguments[index], depth + 1)
        if not isinstance(value, bool):
            raise TemplateError(
                f"The template function '{node.name}' needs a boolean, not {type_name(value)}."
            )
        return value

    def _look_up(self, frame: _Frame, name: str, depth: int) -> Json:
        key = name.lower()
        if key not in frame.values:
            if key not in frame.sources:
                raise TemplateError(f"The template {frame.noun} {shown(name)} is not defined.")
            if key in frame.open:
                raise TemplateError(f"The template {frame.noun} {shown(name)} refers to itself.")
            frame.open.add(key)
            value = self._resolve(frame.sources[key], depth + 1)
            frame.open.discard(key)
            if measure(value)[1] > MAX_DEPTH:
                raise TemplateError(f"The template {frame.noun} {shown(name)} is nested too deep.")
            frame.values[key] = value
        self._pay(measure(frame.values[key])[0])
        return frame.values[key]

    def _of_place(self, name: str) -> Function | None:
        constants: dict[str, Json] = {
            "resourcegroup": dict(self._place.group),
            "subscription": dict(self._place.subscription),
            "tenant": {"tenantId": self._place.subscription["tenantId"]},
            "deployment": {"name": self._place.deployment},
            "true": True,
            "false": False,
            "null": None,
        }
        if name in constants:
            return Function(name, lambda: constants[name], 0, 0)
        if name == "resourceid":
            return Function(name, self._resource_id, 2, None)
        if name == "newguid":
            return Function(name, self._new_guid, 0, 0)
        return None

    def _new_guid(self) -> Json:
        self._guids += 1
        return FUNCTIONS["guid"]((self._place.fresh, str(self._guids)))

    def _resource_id(self, *parts: Json) -> str:
        """`resourceId([subscription], [group], type, name, ...)`."""
        if not all(isinstance(part, str) and part for part in parts):
            raise Misuse("needs strings that are not empty")
        kind = next((index for index, part in enumerate(parts) if "/" in part), None)
        if kind is None or kind > 2:
            raise Misuse("needs a resource type such as 'Microsoft.X/things'")
        group = parts[kind - 1] if kind else self._place.group["name"]
        subscription = parts[0] if kind == 2 else self._place.subscription["subscriptionId"]
        base = f"/subscriptions/{subscription}/resourceGroups/{group}"
        return base + resource_path(parts[kind], parts[kind + 1 :])

    def _pay(self, work: int) -> None:
        self._work += work
        if self._work > MAX_WORK:
            raise TemplateError("The template is too large: its expressions make too many values.")


_LAZY: dict[str, tuple[int, int | None]] = {"if": (3, 3), "and": (2, None), "or": (2, None)}


def resource_path(kind: str, names: Sequence[str]) -> str:
    """`/providers/Microsoft.X/things/a/parts/b` of type `Microsoft.X/things/parts`, names a, b.

    :raises Misuse: the type has not as many segments as there are names.
    """
    namespace, *types = kind.split("/")
    if len(types) != len(names):
        raise Misuse(f"needs {len(types)} names for the type '{kind[:120]}', not {len(names)}")
    pairs = "".join(f"/{segment}/{name}" for segment, name in zip(types, names, strict=True))
    return f"/providers/{namespace}{pairs}"


def _single_text(node: Call, arguments: list[Json]) -> str:
    if len(arguments) != 1 or not isinstance(arguments[0], str):
        raise TemplateError(f"The template function '{node.name}' needs one string.")
    return arguments[0]


def _access(target: Json, key: Json) -> Any:
    if isinstance(target, dict) and isinstance(key, str):
        folded = {name.lower(): value for name, value in target.items()}
        if key.lower() in folded:
            return folded[key.lower()]
        raise TemplateError(
            f"An expression asks for the property {shown(key)}, which is not there."
        )
    if isinstance(target, list) and isinstance(key, int) and not isinstance(key, bool):
        if 0 <= key < len(target):
            return target[key]
        raise TemplateError(f"An expression asks for item {key} of an array of {len(target)}.")
    raise TemplateError(
        f"An expression takes {shown(str(key))} of a value that is {type_name(target)}."
    )
