"""A whole template: its parameters checked, its resources listed in the order to make them.

The kinds of resource that exist here are workspaces and their computes, virtual networks and their
subnets. Anything else in a template is refused by name before anything is made, unless its
condition is false.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from studiolo.domain.template import Evaluator, Place, resource_path
from studiolo.domain.template_functions import Misuse, type_name
from studiolo.domain.template_language import Json, TemplateError, shown

WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
COMPUTE = "Microsoft.MachineLearningServices/workspaces/computes"
NETWORK = "Microsoft.Network/virtualNetworks"
SUBNET = "Microsoft.Network/virtualNetworks/subnets"

_KINDS = {each.lower(): each for each in (WORKSPACE, COMPUTE, NETWORK, SUBNET)}

MAX_RESOURCES = 800
"""Resources in one template: Azure's limit."""

_SECTIONS = frozenset(
    [
        "$schema",
        "contentversion",
        "apiprofile",
        "metadata",
        "parameters",
        "variables",
        "functions",
        "resources",
        "outputs",
        "languageversion",
    ]
)
_RESOURCE_FIELDS = frozenset(
    [
        "type",
        "apiversion",
        "name",
        "location",
        "tags",
        "identity",
        "kind",
        "sku",
        "properties",
        "dependson",
        "condition",
        "resources",
        "comments",
        "metadata",
    ]
)
_ENVELOPE = ("location", "tags", "identity", "kind", "sku", "properties")
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "securestring": (str,),
    "int": (int,),
    "bool": (bool,),
    "object": (dict,),
    "secureobject": (dict,),
    "array": (list,),
}


@dataclass(frozen=True, slots=True)
class TemplateResource:
    """One resource to make.

    :param names: from the outermost: `("ws",)` or `("ws", "alice-ci")`.
    :param path: its ARM id below the resource group, `/providers/...`.
    :param body: what a PUT of the resource would carry.
    """

    kind: str
    names: tuple[str, ...]
    path: str
    api_version: str
    body: Mapping[str, Json]
    depends_on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """What a template comes to.

    :param parameters: as Azure shows them again: type and value, but no value of a secure one.
    :param outputs: as Azure shows them: type and value.
    :param left_out: paths of resources that were wanted and left out, in lower case.
    """

    resources: tuple[TemplateResource, ...]
    parameters: Mapping[str, Json]
    outputs: Mapping[str, Json]
    left_out: frozenset[str]


def expand(
    template: Json, given: Json, place: Place, leave_out: frozenset[str] = frozenset()
) -> Expansion:
    """Evaluate a template.

    :param template: the template's JSON.
    :param given: `properties.parameters` of the deployment: `{name: {"value": ...}}`.
    :param leave_out: resource types, in lower case, that are left out instead of refused.
    :raises TemplateError: it cannot be used; the message says where.
    """
    sections = _sections(template)
    declared = _mapping(sections.get("parameters"), "parameters")
    values = given_values(given)
    _refuse_undeclared(values, declared)
    evaluator = _evaluator(declared, values, sections, place)
    for name, declaration in declared.items():
        _check_parameter(name, _mapping(declaration, name), evaluator)
    resources, left_out = _collect(sections.get("resources"), evaluator, leave_out)
    return Expansion(
        resources=_ordered(resources),
        parameters=_shown_parameters(declared, evaluator),
        outputs=_outputs(_mapping(sections.get("outputs"), "outputs"), evaluator),
        left_out=frozenset(left_out),
    )


def given_values(given: Json) -> dict[str, Json]:
    """Values of `{name: {"value": ...}}`, by name. A null counts as not given.

    :raises TemplateError: it has another shape.
    """
    values: dict[str, Json] = {}
    for name, entry in _mapping(given, "parameters").items():
        if not isinstance(entry, dict) or "value" not in entry:
            raise TemplateError(
                f"The parameter {shown(name)} needs the form {{'value': ...}}; references to a "
                "key vault are not supported.",
                target=name[:120],
            )
        if entry["value"] is not None:
            values[name] = entry["value"]
    return values


def _sections(template: Json) -> dict[str, Json]:
    sections = {key.lower(): value for key, value in _mapping(template, "template").items()}
    for name in sections.keys() - _SECTIONS:
        raise TemplateError(f"The template section {shown(name)} is not known.", target=name[:120])
    if sections.get("functions"):
        raise TemplateError("User-defined functions are not supported.", target="functions")
    if "resources" not in sections:
        raise TemplateError("The template has no section 'resources'.", target="resources")
    return sections


def _mapping(value: Json, what: str) -> dict[str, Json]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise TemplateError(f"{shown(what)} must be an object, not {type_name(value)}.")
    return value


def _refuse_undeclared(values: Mapping[str, Json], declared: Mapping[str, Json]) -> None:
    known = {name.lower() for name in declared}
    if extra := sorted(name for name in values if name.lower() not in known):
        raise TemplateError(
            f"The template does not declare the parameters {', '.join(map(shown, extra[:10]))}.",
            target=extra[0][:120],
        )


def _evaluator(
    declared: Mapping[str, Json],
    values: Mapping[str, Json],
    sections: Mapping[str, Json],
    place: Place,
) -> Evaluator:
    defaults = {
        name.lower(): declaration["defaultValue"]
        for name, declaration in declared.items()
        if isinstance(declaration, dict) and "defaultValue" in declaration
    }
    folded = {name.lower(): value for name, value in values.items()}
    for name in declared:
        if name.lower() not in folded and name.lower() not in defaults:
            raise TemplateError(
                f"The value for the template parameter {shown(name)} is not provided.",
                target=name[:120],
            )
    return Evaluator(place, folded, defaults, _mapping(sections.get("variables"), "variables"))


def _check_parameter(name: str, declaration: Mapping[str, Json], evaluator: Evaluator) -> None:
    kind = declaration.get("type")
    types = _TYPES.get(kind.lower()) if isinstance(kind, str) else None
    if types is None:
        raise TemplateError(f"The parameter {shown(name)} has no type that is known.", target=name)
    value = evaluator.parameter(name)
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        raise TemplateError(
            f"The parameter {shown(name)} must be {kind}, not {type_name(value)}.", target=name
        )
    allowed = declaration.get("allowedValues")
    if isinstance(allowed, list) and value not in allowed:
        raise TemplateError(
            f"The value of the parameter {shown(name)} is not one of those the template allows.",
            target=name,
        )
    _check_bounds(name, declaration, value)


def _check_bounds(name: str, declaration: Mapping[str, Json], value: Json) -> None:
    measured = value if isinstance(value, int) else len(value)
    word = "Value" if isinstance(value, int) else "Length"
    for bound, holds in (("min", int.__ge__), ("max", int.__le__)):
        limit = declaration.get(f"{bound}{word}")
        if isinstance(limit, int) and not holds(int(measured), limit):
            raise TemplateError(
                f"The parameter {shown(name)} breaks its {bound}{word} of {limit}.", target=name
            )


def _collect(
    listed: Json, evaluator: Evaluator, leave_out: frozenset[str]
) -> tuple[list[TemplateResource], list[str]]:
    if not isinstance(listed, list):
        raise TemplateError("'resources' must be an array.", target="resources")
    found: list[TemplateResource] = []
    left_out: list[str] = []
    waiting: deque[tuple[Json, TemplateResource | None]] = deque((each, None) for each in listed)
    while waiting:
        entry, parent = waiting.popleft()
        fields = {key.lower(): value for key, value in _mapping(entry, "resource").items()}
        if not _wanted(fields, evaluator):
            continue
        if parent is None and str(fields.get("type")).lower() in leave_out:
            left_out.append(_path(*_kind_and_name(fields, None, evaluator)).lower())
            continue
        resource = _resource(fields, parent, evaluator)
        found.append(resource)
        waiting.extend((child, resource) for child in _list(fields, "resources"))
        if len(found) > MAX_RESOURCES:
            raise TemplateError(f"A template may have at most {MAX_RESOURCES} resources.")
    return found, left_out


def _wanted(fields: Mapping[str, Json], evaluator: Evaluator) -> bool:
    condition = evaluator.value(fields.get("condition", True))
    if not isinstance(condition, bool):
        raise TemplateError("The condition of a resource must be a boolean.", target="condition")
    return condition


def _resource(
    fields: Mapping[str, Json], parent: TemplateResource | None, evaluator: Evaluator
) -> TemplateResource:
    kind, name = _kind_and_name(fields, parent, evaluator)
    known = _KINDS.get(kind.lower())
    if known is None:
        names = "', '".join(_KINDS.values())
        raise TemplateError(
            f"The resource type {shown(kind)} is not supported: Studiolo has '{names}'.",
            target=kind[:120],
        )
    for field in sorted(fields.keys() - _RESOURCE_FIELDS):
        raise TemplateError(f"{shown(field)} of a resource is not supported.", target=field[:120])
    needs = _list(fields, "dependson")
    return TemplateResource(
        kind=known,
        names=tuple(name.split("/")),
        path=_path(known, name),
        api_version=_text(fields, "apiversion", evaluator),
        body={key: evaluator.value(fields[key]) for key in _ENVELOPE if key in fields},
        depends_on=tuple(_text({"dependson": each}, "dependson", evaluator) for each in needs),
    )


def _kind_and_name(
    fields: Mapping[str, Json], parent: TemplateResource | None, evaluator: Evaluator
) -> tuple[str, str]:
    kind, name = _text(fields, "type", evaluator), _text(fields, "name", evaluator)
    if parent is None:
        return kind, name
    return f"{parent.kind}/{kind}", "/".join((*parent.names, name))


def _path(kind: str, name: str) -> str:
    try:
        return resource_path(kind, name.split("/"))
    except Misuse as wrong:
        raise TemplateError(f"The resource name {shown(name)} {wrong}.", target="name") from None


def _list(fields: Mapping[str, Json], key: str) -> list[Json]:
    values = fields.get(key) or []
    if not isinstance(values, list):
        raise TemplateError(f"'{key}' of a resource must be an array.", target=key)
    return values


def _text(fields: Mapping[str, Json], key: str, evaluator: Evaluator) -> str:
    value = evaluator.value(fields.get(key))
    if not isinstance(value, str) or not value:
        raise TemplateError(f"'{key}' of a resource must be a string that is not empty.")
    return value


def _ordered(resources: list[TemplateResource]) -> tuple[TemplateResource, ...]:
    """After what they depend on, else in the template's order; a workspace before its computes."""
    by_path = {resource.path.lower(): resource for resource in resources}
    if len(by_path) != len(resources):
        raise TemplateError("The template defines the same resource twice.")
    by_name: dict[str, set[str]] = {}
    for path, resource in by_path.items():
        by_name.setdefault(resource.names[-1].lower(), set()).add(path)
    graph = {path: _needs(path, each, by_path, by_name) for path, each in by_path.items()}
    try:
        return tuple(by_path[path] for path in TopologicalSorter(graph).static_order())
    except CycleError:
        raise TemplateError(
            "The resources of the template depend on each other in a circle."
        ) from None


def _needs(
    path: str,
    resource: TemplateResource,
    by_path: Mapping[str, TemplateResource],
    by_name: Mapping[str, set[str]],
) -> set[str]:
    """Paths it waits for, of those in the template.

    A dependency that names nothing in the template was conditional, or exists already; either way
    there is nothing to wait for.
    """
    needs: set[str] = set()
    for need in resource.depends_on:
        needs |= by_name.get(need.lower(), set())
        needs |= {_below_group(need)} & by_path.keys()
    if len(resource.names) > 1:
        parent = resource.kind.rpartition("/")[0]
        needs |= {resource_path(parent, resource.names[:1]).lower()} & by_path.keys()
    return needs - {path}


def _below_group(need: str) -> str:
    folded = need.lower()
    return folded[folded.find("/providers/") :] if "/providers/" in folded else folded


def _shown_parameters(declared: Mapping[str, Json], evaluator: Evaluator) -> dict[str, Json]:
    shown_again: dict[str, Json] = {}
    for name, declaration in declared.items():
        kind = str(declaration["type"])
        secure = kind.lower().startswith("secure")
        shown_again[name] = {"type": kind} | (
            {} if secure else {"value": evaluator.parameter(name)}
        )
    return shown_again


def _outputs(declared: Mapping[str, Json], evaluator: Evaluator) -> dict[str, Json]:
    outputs: dict[str, Json] = {}
    for name, declaration in declared.items():
        fields = _mapping(declaration, name)
        if not _wanted(fields, evaluator):
            continue
        kind = str(fields.get("type", ""))
        if kind.lower() not in _TYPES:
            raise TemplateError(f"The output {shown(name)} has no type that is known.")
        secure = kind.lower().startswith("secure")
        value = evaluator.value(fields.get("value"))
        outputs[name] = {"type": kind} | ({} if secure else {"value": value})
    return outputs
