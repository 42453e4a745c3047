"""Making an instance by the form: what it offers, refuses, and shows as text that does the same."""

import ast
import asyncio
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Locator, expect
from tests.studio.conftest import Begin
from tests.support.broken import REASON, broken_workspace
from tests.support.deployed import GROUP, PASSWORD, SIZE, Person
from tests.support.lab import Lab
from tests.support.studio import LAB, StudioDeployed, StudioVisit

from studiolo.client.errors import NotFoundError

pytestmark = pytest.mark.asyncio(loop_scope="session")

FAMILY, SMALL, LARGE = "standardFSv2Family", "Standard_F2s_v2", "Standard_F4s_v2"
"""A family whose quota is these tests' own."""

UNSEEN = "403"
"""How the list of people is answered to who is no administrator: the form asks for nobody then."""


@pytest.fixture(scope="session")
def cleo(deployed: StudioDeployed) -> Person:
    """Somebody whose only role is at one workspace."""
    return deployed.person("cleo", "Cleo Klein")


@pytest.fixture
def lab(deployed: StudioDeployed, cleo: Person) -> Iterator[Lab]:
    """A workspace of the test's own, in which Cleo works."""
    lab = Lab.begin(deployed, cleo)
    yield lab
    lab.end()


@pytest.fixture
def limited(deployed: StudioDeployed) -> Iterator[StudioDeployed]:
    """Puts back the limit of the family."""
    yield deployed
    limit(deployed, 10_000)


def limit(deployed: StudioDeployed, vcpus: int) -> None:
    administrator = deployed.administrator()
    region = f"{administrator.base}/providers/Microsoft.MachineLearningServices/locations/{LAB}"
    quota = {"id": f"{region}/quotas/{FAMILY}", "limit": vcpus, "unit": "Count"}
    body = {"location": LAB, "value": [quota]}
    administrator.http.json("POST", f"{region}/updateQuotas", version="2024-10-01", body=body)


def name_field(visit: StudioVisit) -> Locator:
    return visit.page.get_by_role("textbox", name="Name")


def create_button(visit: StudioVisit) -> Locator:
    return visit.page.get_by_role("button", name="Create", exact=True)


def size(visit: StudioVisit, name: str) -> Locator:
    return visit.page.get_by_role("radio", name=re.compile(f"^{re.escape(name)}"))


async def opened(visit: StudioVisit, lab: Lab, name: str = "") -> None:
    """Sign in, open the form, and type a name."""
    await visit.enter(lab.person, f"{lab.pages}/compute/new")
    await visit.heading_is("New compute instance")
    if name:
        await name_field(visit).fill(name)
        await expect(visit.page.get_by_text("This name is free.")).to_be_visible()


async def test_a_name_is_enough_and_the_instance_is_seen_in_the_list(
    lab: Lab, visit: StudioVisit
) -> None:
    await opened(visit, lab)
    await expect(create_button(visit)).to_be_disabled()
    await expect(size(visit, "Standard_DS3_v2")).to_be_checked()
    await visit.is_accessible()
    name = unique("mine")
    await name_field(visit).fill(name)
    await create_button(visit).click()
    await visit.page.wait_for_url("**/compute")
    shown = visit.page.get_by_role("row").filter(has_text=name)
    await expect(shown).to_contain_text(re.compile("Creating|Running"))
    await expect(shown).to_contain_text("Running")
    made = lab.computes.show(name)["properties"]["properties"]
    assert made["vmSize"] == "Standard_DS3_v2"


def unique(prefix: str) -> str:
    """A name that nobody has in the region, which all tests share."""
    return f"{prefix}-{uuid4().hex[:6]}"


async def test_a_name_is_judged_as_it_is_typed(lab: Lab, visit: StudioVisit) -> None:
    taken = unique("taken")
    lab.make(taken)
    await opened(visit, lab)
    await name_field(visit).fill("1st")
    await expect(name_field(visit)).to_have_attribute("aria-invalid", "true")
    await expect(create_button(visit)).to_be_disabled()
    await name_field(visit).fill(taken)
    await expect(visit.page.get_by_text(f"The name '{taken}' is taken")).to_be_visible()
    await expect(create_button(visit)).to_be_disabled()
    await visit.is_accessible()
    await visit.picture("create-taken")


async def test_a_name_that_somebody_took_meanwhile_is_said_beside_it(
    lab: Lab, visit: StudioVisit
) -> None:
    name = unique("race")
    await opened(visit, lab, name)
    await asyncio.to_thread(lab.make, name)
    await create_button(visit).click()
    await expect(name_field(visit)).to_have_attribute("aria-invalid", "true")
    said = re.compile(f"The name '{name}' is taken")
    await expect(name_field(visit)).to_have_accessible_description(said)
    visit.expected("412")


async def test_sizes_beyond_the_quota_are_grey_and_a_refusal_stands_beside_the_sizes(
    limited: StudioDeployed, lab: Lab, visit: StudioVisit
) -> None:
    limit(limited, 2)
    name = unique("much")
    await opened(visit, lab, name)
    await visit.page.get_by_role("searchbox", name="Search sizes").fill("_F")
    await expect(size(visit, LARGE)).to_be_disabled()
    await expect(visit.page.get_by_text("2 vCPUs: too few").first).to_be_visible()
    await visit.is_accessible()
    await visit.picture("create-quota")
    await size(visit, SMALL).check()
    # Somebody else is quicker than the page.
    limit(limited, 0)
    await create_button(visit).click()
    alert = visit.page.get_by_role("alert").filter(has_text="Quota exceeded")
    await expect(alert).to_contain_text("0 of 0 in use")
    await expect(visit.page.get_by_text("0 vCPUs: too few").first).to_be_visible()
    await expect(visit.page.get_by_text("The instance was not created")).to_have_count(0)
    await visit.is_accessible()
    await visit.picture("create-quota-exceeded")
    visit.expected("409")
    with pytest.raises(NotFoundError):
        lab.computes.show(name)


async def test_who_may_only_look_is_refused_with_what_was_typed_kept(
    deployed: StudioDeployed, lab: Lab, visit: StudioVisit
) -> None:
    name = unique("never")
    await opened(visit, lab, name)
    await asyncio.to_thread(lab.take_rights_away)
    await create_button(visit).click()
    refusal = visit.page.get_by_role("alert")
    await expect(refusal).to_contain_text("The instance was not created")
    await expect(refusal).to_contain_text("does not have authorization")
    await expect(name_field(visit)).to_have_value(name)
    await visit.is_accessible()
    visit.expected("403")


async def test_an_error_of_the_second_step_stands_beside_its_field(
    lab: Lab, visit: StudioVisit
) -> None:
    await opened(visit, lab, unique("tagged"))
    await visit.page.get_by_role("tab", name="Advanced settings").click()
    tags = visit.page.get_by_role("textbox", name="Tags")
    await tags.fill("\n".join(f"tag{number}=1" for number in range(51)))
    await create_button(visit).click()
    await expect(tags).to_have_attribute("aria-invalid", "true")
    await expect(tags).to_have_accessible_description(re.compile("50"))
    await visit.is_accessible()
    await visit.picture("create-advanced")
    visit.expected("400", UNSEEN)


async def test_a_session_that_ended_is_said_over_the_form(lab: Lab, visit: StudioVisit) -> None:
    await opened(visit, lab, unique("late"))
    await visit.context.clear_cookies()
    await create_button(visit).click()
    dialog = visit.page.get_by_role("alertdialog", name="Your session has ended")
    await expect(dialog).to_be_visible()
    await visit.is_accessible()
    await dialog.get_by_role("button", name="Sign in").click()
    await visit.fill_in(lab.person)
    await visit.page.wait_for_url("**/compute/new")
    visit.expected("401")


async def test_an_instance_that_does_not_start_says_why_in_the_list(
    deployed: StudioDeployed, cleo: Person, visit: StudioVisit
) -> None:
    with broken_workspace(deployed) as workspace:
        identity = cleo.api.http.json("GET", "/auth/me")["id"]
        deployed.allow(identity, deployed.administrator().workspace_path(GROUP, workspace))
        await visit.enter(cleo, f"/workspaces/{GROUP}/{workspace}/compute/new")
        name = unique("lame")
        await name_field(visit).fill(name)
        await create_button(visit).click()
        row = visit.page.get_by_role("row").filter(has_text=name)
        await expect(row).to_contain_text("Not created")
        await expect(row.get_by_label(re.compile(re.escape(REASON)))).to_be_visible()
        await visit.is_accessible()
        await visit.page.goto("about:blank")


async def test_the_address_says_where_to_go_afterwards(lab: Lab, visit: StudioVisit) -> None:
    next_page = f"{lab.pages}/activity"
    await visit.enter(lab.person, f"{lab.pages}/compute/new?next={next_page}")
    await name_field(visit).fill(unique("onward"))
    await create_button(visit).click()
    await visit.page.wait_for_url(f"**{next_page}")


# As text


TAGS = {"team": "blue", "note": 'it\'s a "test"'}


async def shown(visit: StudioVisit, tab: str) -> str:
    """The form as one kind of text."""
    await visit.page.get_by_role("tab", name=tab).click()
    return await visit.page.get_by_role("region", name=tab).inner_text()


async def filled_in(visit: StudioVisit, lab: Lab, name: str) -> dict[str, str]:
    """Fill in all that the region offers; returns it as each kind of text."""
    await opened(visit, lab, name)
    await visit.page.get_by_role("tab", name="Advanced settings").click()
    await visit.page.get_by_role("textbox", name="Description").fill('To "try": # it')
    lines = "\n".join(f"{key}={value}" for key, value in TAGS.items())
    await visit.page.get_by_role("textbox", name="Tags").fill(lines)
    await visit.page.get_by_role("spinbutton", name="Home disk").fill("7")
    await visit.page.get_by_role("spinbutton", name="System disk").fill("9")
    await visit.page.get_by_role("button", name="View as code").click()
    tabs = ("ARM template", "YAML", "Python", "Command line")
    texts = {tab: await shown(visit, tab) for tab in tabs}
    await visit.is_accessible()
    await visit.picture("create-view-as")
    await visit.page.get_by_role("button", name="Close").click()
    return texts


def asked(compute: dict[str, Any]) -> dict[str, Any]:
    """What was asked of a compute, of what the API says."""
    outer = compute["properties"]
    inner = outer["properties"]
    keys = ("vmSize", "homeDiskSizeGiB", "rootDiskSizeGiB")
    return {
        "location": compute["location"],
        "tags": compute["tags"],
        "description": outer["description"],
    } | {key: inner[key] for key in keys}


async def test_each_text_makes_the_same_instance_as_the_form(
    deployed: StudioDeployed, lab: Lab, visit: StudioVisit, tmp_path: Path
) -> None:
    name = unique("same")
    texts = await filled_in(visit, lab, name)
    await create_button(visit).click()
    await visit.page.wait_for_url("**/compute")
    visit.expected(UNSEEN)
    deployed.ok("login", "--local")
    wanted = asked(lab.computes.show(name))
    assert wanted["tags"] == TAGS
    assert wanted["homeDiskSizeGiB"] == 7

    def made_by(text: str, make: Any) -> dict[str, Any]:
        other = unique("same")
        make(text.replace(name, other), other)
        return asked(lab.computes.show(other))

    def by_template(text: str, _name: str) -> None:
        (resource,) = json.loads(text)["resources"]
        workspace, _, compute = resource["name"].partition("/")
        assert workspace == lab.name
        body = {key: resource[key] for key in ("location", "tags", "properties")}
        lab.computes.put(compute, body, wait=False)

    def by_yaml(text: str, _name: str) -> None:
        file = tmp_path / "compute.yml"
        file.write_text(text)
        place = ("--resource-group", GROUP, "--workspace-name", lab.name)
        deployed.ok("compute", "create", "--file", str(file), *place)

    def by_command(text: str, _name: str) -> None:
        deployed.ok(*words_of(text))

    for tab, make in (
        ("ARM template", by_template),
        ("YAML", by_yaml),
        ("Command line", by_command),
    ):
        assert await asyncio.to_thread(made_by, texts[tab], make) == wanted, tab
    assert_python(texts["Python"], name, wanted)


def words_of(command: str) -> list[str]:
    """The words that a shell gives to `studiolo`."""
    script = f"""studiolo() {{ printf '%s\\0' "$@"; }}\n{command}"""
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.removesuffix("\0").split("\0")


def assert_python(text: str, name: str, wanted: dict[str, Any]) -> None:
    """The program asks for the same, but for the disks, and says that it does not."""
    program = ast.parse(text)
    (call,) = (
        node
        for node in ast.walk(program)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "ComputeInstance"
    )
    given = {each.arg: ast.literal_eval(each.value) for each in call.keywords}
    expected = {"description": wanted["description"], "tags": wanted["tags"]}
    assert given == expected | {"name": name, "size": wanted["vmSize"]}
    assert "no words for the sizes of disks" in text


@pytest.mark.parametrize("locale", ["en-GB", "ko-KR"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_form_fits_a_telephone(
    deployed: StudioDeployed, lab: Lab, begin: Begin, locale: str, scheme: str
) -> None:
    narrow = {"width": 390, "height": 844}
    visit = await begin(locale=locale, viewport=narrow, color_scheme=scheme)
    await visit.page.goto(f"{deployed.http}/signin?next={lab.pages}/compute/new")
    await visit.page.locator("input[name=username]").fill(lab.person.name)
    await visit.page.locator("input[type=password]").fill(PASSWORD)
    await visit.page.keyboard.press("Enter")
    await expect(size(visit, SIZE)).to_be_visible()
    await visit.fits()
    await visit.is_accessible()
    await visit.picture(f"create-390-{locale}-{scheme}")
    await visit.page.get_by_role("tab").nth(1).click()
    await visit.fits()
    await visit.is_accessible()
    visit.expected(UNSEEN)
