"""ARM templates: what they evaluate to, what is refused, and that nothing runs away."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studiolo.domain.template import Evaluator, Place
from studiolo.domain.template_language import TemplateError, measure, read_json
from studiolo.domain.template_resources import COMPUTE, WORKSPACE, expand

PLACE = Place(
    group={"name": "rg1", "location": "local", "id": "/subscriptions/s-1/resourceGroups/rg1"},
    subscription={"subscriptionId": "s-1", "tenantId": "t-1", "id": "/subscriptions/s-1"},
    deployment="dep1",
    fresh="one",
)


def evaluate(expression, variables=None, **parameters):
    folded = {name.lower(): value for name, value in parameters.items()}
    return Evaluator(PLACE, folded, {}, variables or {}).value(expression)


def template(*resources, **sections):
    return {
        "$schema": "https://schema.example/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "resources": list(resources),
    } | sections


def compute(name, **fields):
    return {
        "type": COMPUTE,
        "apiVersion": "2023-08-01-preview",
        "name": name,
        "location": "local",
        "properties": {"computeType": "ComputeInstance"},
    } | fields


def workspace(name, **fields):
    return {"type": WORKSPACE, "apiVersion": "2024-04-01", "name": name, "properties": {}} | fields


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("plain", "plain"),
        ("[[escaped]", "[escaped]"),
        ("[only an opening", "[only an opening"),
        ("[concat('a', 1, true())]", "a1True"),
        ("[concat(createArray(1), createArray('b'))]", [1, "b"]),
        ("[concat('it''s ', 'here')]", "it's here"),
        ("[format('{0}-{1}{{}}', 'a', 2)]", "a-2{}"),
        ("[toLower('ABC')]", "abc"),
        ("[PARAMETERS('Name')]", "ci"),
        ("[variables('full')]", "ws/ci"),
        ("[resourceGroup().location]", "local"),
        ("[subscription().tenantId]", "t-1"),
        ("[deployment().name]", "dep1"),
        ("[parameters('settings').size]", "small"),
        ("[parameters('settings')['list'][1]]", 2),
        ("[if(equals(parameters('name'), 'ci'), 'yes', parameters('nowhere'))]", "yes"),
        ("[and(true(), not(false()), or(false(), true()))]", True),
        ("[or(true(), parameters('nowhere'))]", True),
        ("[equals(1, true())]", False),
        ("[empty(json('null'))]", True),
        ("[length('abc')]", 3),
        ("[contains(createArray('a', 'b'), 'b')]", True),
        ("[substring('abcdef', 2, 3)]", "cde"),
        ("[replace('a-b', '-', '_')]", "a_b"),
        ("[split('a,b;c', createArray(',', ';'))]", ["a", "b", "c"]),
        ("[join(createArray('a', 'b'), '/')]", "a/b"),
        ("[union(createObject('a', 1), createObject('b', 2))]", {"a": 1, "b": 2}),
        ("[add(2, sub(5, mul(1, 3)))]", 4),
        ("[lessOrEquals(2, 2)]", True),
        ("[greater('b', 'a')]", True),
        ("[last(createArray(1, 2))]", 2),
        (
            "[resourceId('Microsoft.MachineLearningServices/workspaces', 'ws')]",
            "/subscriptions/s-1/resourceGroups/rg1/providers"
            "/Microsoft.MachineLearningServices/workspaces/ws",
        ),
        ("[resourceId('g2', 'X.Y/a/b', '1', '2')]",
         "/subscriptions/s-1/resourceGroups/g2/providers/X.Y/a/1/b/2"),
        ("[resourceId('s-2', 'g2', 'X.Y/a', '1')]",
         "/subscriptions/s-2/resourceGroups/g2/providers/X.Y/a/1"),
    ],
)  # fmt: skip
def test_expression_gives_azures_value(expression, value):
    variables = {"full": "[concat('ws/', parameters('name'))]"}
    found = evaluate(expression, variables, name="ci", settings={"size": "small", "list": [1, 2]})
    assert found == value
    assert type(found) is type(value)


def test_unique_string_is_stable_and_thirteen_characters():
    first = evaluate("[uniqueString('a', 'b')]")
    assert first == evaluate("[uniqueString('a', 'b')]") != evaluate("[uniqueString('a', 'c')]")
    assert len(first) == 13


def test_new_guid_gives_another_value_each_time():
    first, second = evaluate("[createArray(newGuid(), newGuid())]")
    assert first != second


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("[reference('x')]", "'reference' is not supported"),
        ("[__import__('os')]", "'__import__' is not supported"),
        ("[concat('a']", "cannot be read"),
        ("[concat('a'))]", "cannot be read"),
        ("['a' + 'b']", "cannot be read"),
        ("[name]", "cannot be read"),
        ("[toLower(1)]", "needs a string, not integer"),
        ("[toLower()]", "takes 1 arguments, not 0"),
        ("[if('x', 1, 2)]", "needs a boolean"),
        ("[and(true())]", "number of arguments"),
        ("[parameters('x')]", "parameter 'x' is not defined"),
        ("[variables('loop')]", "refers to itself"),
        ("[format('{1}', 'a')]", "no value for the placeholder"),
        ("[format('{0:N}', 1)]", "placeholders"),
        ("[json('{')]", "not JSON"),
        ("[json('NaN')]", "not JSON"),
        ("[int('x')]", "integer"),
        ("[mul(9223372036854775807, 2)]", "64-bit"),
        ("[createArray(1)[3]]", "item 3"),
        ("[resourceGroup().nothing]", "nothing"),
        ("[resourceId('X.Y/a/b', '1')]", "names for the type"),
    ],
)
def test_wrong_expression_is_refused_by_name(expression, part):
    with pytest.raises(TemplateError) as caught:
        evaluate(expression, {"loop": "[concat('a', variables('LOOP'))]"})
    assert part in str(caught.value)
    assert caught.value.code == "InvalidTemplate"


def test_variables_that_double_one_another_run_out_of_budget():
    variables = {"v0": "x" * 1000} | {
        f"v{n}": {"a": f"[variables('v{n - 1}')]", "b": f"[variables('v{n - 1}')]"}
        for n in range(1, 40)
    }
    with pytest.raises(TemplateError, match=r"too large|deep"):
        evaluate("[variables('v39')]", variables)


def test_texts_that_double_one_another_are_cut_off():
    variables = {"v0": "x" * 1000} | {
        f"v{n}": f"[concat(variables('v{n - 1}'), variables('v{n - 1}'))]" for n in range(1, 20)
    }
    with pytest.raises(TemplateError, match="more than 131072 characters"):
        evaluate("[variables('v19')]", variables)


def test_nesting_is_bounded():
    with pytest.raises(TemplateError, match="deep"):
        evaluate("[" + "not(" * 4000 + "true()" + ")" * 4000 + "]")
    with pytest.raises(TemplateError, match="not JSON"):
        evaluate("[json(parameters('p'))]", p="[" * 60_000)
    with pytest.raises(ValueError, match="deep"):
        read_json("[" * 60_000 + "]" * 60_000)


def test_resources_come_with_evaluated_bodies():
    expansion = expand(
        template(
            compute("[concat('ws1/', parameters('ciName'))]", tags={"[parameters('ciName')]": "1"}),
            parameters={"ciName": {"type": "string"}, "secret": {"type": "secureString"}},
            outputs={"id": {"type": "string", "value": "[parameters('ciName')]"}},
        ),
        {"ciName": {"value": "foo"}, "secret": {"value": "hidden"}},
        PLACE,
    )
    (found,) = expansion.resources
    assert found.names == ("ws1", "foo")
    assert found.path == f"/providers/{WORKSPACE}/ws1/computes/foo"
    assert found.body["tags"] == {"foo": "1"}
    assert expansion.parameters["ciName"] == {"type": "string", "value": "foo"}
    assert expansion.parameters["secret"] == {"type": "secureString"}
    assert expansion.outputs == {"id": {"type": "string", "value": "foo"}}


def test_workspace_comes_before_its_computes_and_dependencies_hold():
    names = [
        resource.names
        for resource in expand(
            template(
                compute("ws1/second", dependsOn=["[resourceId('X/workspaces', 'other')]", "first"]),
                compute("ws1/first"),
                workspace("ws1"),
            ),
            {},
            PLACE,
        ).resources
    ]
    assert names == [("ws1",), ("ws1", "first"), ("ws1", "second")]


def test_nested_compute_takes_its_workspaces_name():
    nested = {"type": "computes", "apiVersion": "2024-04-01", "name": "ci", "properties": {}}
    found = expand(template(workspace("ws1", resources=[nested])), {}, PLACE).resources
    assert [each.names for each in found] == [("ws1",), ("ws1", "ci")]
    assert found[1].kind == COMPUTE


def test_resource_whose_condition_is_false_is_left_out_whatever_its_type():
    storage = {"type": "Microsoft.Storage/storageAccounts", "name": "s", "condition": "[false()]"}
    assert expand(template(storage), {}, PLACE).resources == ()


@pytest.mark.parametrize(
    ("document", "parameters", "part"),
    [
        (template({"type": "Microsoft.Compute/virtualMachines", "name": "v"}), {},
         "Microsoft.Compute/virtualMachines"),
        (template(compute("ws1/a", copy={"name": "c", "count": 2})), {}, "'copy'"),
        (template(compute("a")), {}, "needs 2 names"),
        (template(compute("ws1/a"), compute("ws1/A")), {}, "same resource twice"),
        (template(compute("ws1/a", dependsOn=["b"]), compute("ws1/b", dependsOn=["a"])), {},
         "circle"),
        (template(parameters={"p": {"type": "string"}}), {}, "'p' is not provided"),
        (template(), {"p": {"value": 1}}, "does not declare the parameters 'p'"),
        (template(parameters={"p": {"type": "int"}}), {"p": {"value": "1"}}, "must be int"),
        (template(parameters={"p": {"type": "int"}}), {"p": {"value": True}}, "must be int"),
        (template(parameters={"p": {"type": "int", "maxValue": 3}}), {"p": {"value": 4}},
         "maxValue of 3"),
        (template(parameters={"p": {"type": "string", "allowedValues": ["a"]}}),
         {"p": {"value": "b"}}, "not one of those"),
        (template(parameters={"p": {"type": "string"}}),
         {"p": {"reference": {"keyVault": {}}}}, "key vault"),
        (template(functions=[{"namespace": "x"}]), {}, "User-defined functions"),
        (template(imports={}), {}, "'imports'"),
        ({"contentVersion": "1.0.0.0"}, {}, "no section 'resources'"),
        (template(resources={"a": {}}), {}, "must be an array"),
        ([], {}, "must be an object"),
    ],
)  # fmt: skip
def test_template_that_cannot_be_used_is_refused_with_its_reason(document, parameters, part):
    with pytest.raises(TemplateError) as caught:
        expand(document, parameters, PLACE)
    assert part in str(caught.value)


_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.floats(allow_nan=False)
)
_WORDS = st.sampled_from(
    ["concat(", "parameters(", "variables(", "if(", "json(", "union(", "split(", "'a'", "'", ")",
     ",", "[", "]", ".", "1", "-5", "true()", "resourceId(", "'X/y'", "format(", "'{0}'", " "]
)  # fmt: skip
_EXPRESSIONS = st.lists(_WORDS, max_size=25).map(lambda words: "[" + "".join(words) + "]")
_JSON = st.recursive(
    _SCALARS | _EXPRESSIONS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6) | _EXPRESSIONS, inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(_JSON, _JSON)
def test_any_value_evaluates_or_is_refused(value, other):
    try:
        result = evaluate(value, {"a": other}, a=other)
    except TemplateError:
        return
    json.dumps(result)
    assert measure(result)[0] < 500_000


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["parameters", "variables", "resources", "outputs", "$schema"]), _JSON
    ),
    _JSON,
)
def test_any_template_expands_or_is_refused(document, parameters):
    try:
        expand(document, parameters, PLACE)
    except TemplateError:
        return


@settings(max_examples=200, deadline=None)
@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from([WORKSPACE, COMPUTE]), "name": _JSON},
        optional={"dependsOn": _JSON, "condition": _JSON, "resources": _JSON, "tags": _JSON},
    ),
    st.dictionaries(st.text(max_size=4), st.fixed_dictionaries({"type": _JSON}) | _JSON),
)
def test_any_resource_expands_or_is_refused(resource, parameters):
    try:
        expand(template(resource, parameters=parameters), {}, PLACE)
    except TemplateError:
        return
