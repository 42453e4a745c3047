"""A workspace for one test, in the region whose machines are not real."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

from playwright.async_api import Page

from studiolo.client.studiolo import Computes
from tests.support.deployed import GROUP, SIZE, Person
from tests.support.launched import until
from tests.support.studio import LAB, StudioDeployed

_AT_ONCE = 8
_ROLES = "providers/Microsoft.Authorization/roleAssignments"
_ROLES_VERSION = "2022-04-01"


@dataclass(frozen=True)
class Lab:
    """The workspace, and a person who may use and make instances in it.

    :param pages: address of its pages.
    """

    deployed: StudioDeployed
    person: Person
    name: str
    pages: str

    @classmethod
    def begin(cls, deployed: StudioDeployed, person: Person) -> "Lab":
        """Make it."""
        name = f"lab-{uuid4().hex[:6]}"
        pages = deployed.workspace(name)
        me = person.api.http.json("GET", "/auth/me")
        deployed.allow(me["id"], deployed.administrator().workspace_path(GROUP, name))
        return cls(deployed, person, name, pages)

    @property
    def computes(self) -> Computes:
        """Its instances, as the person calls them."""
        return self.person.api.computes(GROUP, self.name)

    def make(self, *names: str, computes: Computes | None = None, size: str = SIZE) -> None:
        """Make instances and wait until all of them run.

        :param computes: called by somebody else.
        """
        theirs = computes or self.computes
        properties = {"computeType": "ComputeInstance", "properties": {"vmSize": size}}
        body = {"location": LAB, "properties": properties}

        def put(name: str) -> None:
            theirs.put(name, body, wait=False)

        each_of(names, put)
        until(lambda: self._running() >= set(names), f"{len(names)} instances to run", 300)

    def _running(self) -> set[str]:
        return {name for name, state in self.states().items() if state == "Running"}

    def states(self) -> dict[str, str]:
        """State of every instance, by its name."""
        return {
            each["name"]: each["properties"]["properties"]["state"] for each in self.computes.all()
        }

    def take_rights_away(self) -> None:
        """Remove what the person may do in it, as an administrator does."""
        administrator = self.deployed.administrator()
        scope = administrator.workspace_path(GROUP, self.name)
        found = administrator.http.json(
            "GET", f"{scope}/{_ROLES}", version=_ROLES_VERSION, query={"$filter": "atScope()"}
        )
        for each in found["value"]:
            if each["properties"]["scope"].lower() == scope.lower():
                administrator.http.send("DELETE", each["id"], version=_ROLES_VERSION)

    def end(self) -> None:
        """Delete it with its instances."""
        self.deployed.administrator().delete_workspace(GROUP, self.name)


def each_of(names: Iterable[str], do: Callable[[str], None]) -> None:
    """Do something to each, several at once; the first that fails is raised."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in pool.map(do, names):
            assert done is None


_SEEN = """
([name, word]) => new Promise((seen) => {
  const look = () => {
    for (const row of document.querySelectorAll("[role=row]")) {
      if (!row.textContent.includes(name) || !row.textContent.includes(word)) continue;
      watcher.disconnect();
      seen(Date.now() / 1000);
    }
  };
  const watcher = new MutationObserver(look);
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true });
  look();
})
"""


async def seen_at(page: Page, name: str, word: str) -> float:
    """Wait until the row of an instance has a word; returns when that was, in seconds since 1970.

    The page itself looks at each of its changes, so that no polling blurs the moment.
    """
    return float(await page.evaluate(_SEEN, [name, word]))
