import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, expect, test, vi } from "vitest";
import type { Entry } from "@/api/files";
import { FileTree } from "@/features/notebooks/tree/FileTree";
import { useTree } from "@/features/notebooks/tree/useTree";
import { answering, json } from "@/testing/answers";
import { PLACE } from "@/testing/instances";
import { show } from "@/testing/show";

beforeEach(() => {
  // jsdom lays nothing out; the list asks how much room there is.
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(300);
});

function entry(path: string, type: Entry["type"] = "file"): Entry {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return { name, path, type, sizeBytes: 1, modifiedAt: "", etag: null };
}

const SHARE: Record<string, Entry[]> = {
  "": [entry("readme.md"), entry("Users", "directory")],
  Users: [entry("Users/ana", "directory"), entry("Users/bob", "directory")],
  "Users/ana": Array.from({ length: 10_000 }, (_, index) => entry(`Users/ana/file-${index}.py`)),
};

const chosen = vi.fn();
const removed = vi.fn();

function Files() {
  return (
    <FileTree
      tree={useTree(PLACE, "Users/ana")}
      label="Files"
      selected=""
      choose={chosen}
      remove={removed}
    />
  );
}

async function drawn() {
  const asked = answering(({ query }) => json({ value: SHARE[query.get("path") ?? ""] }));
  await show(<Files />);
  await screen.findByText("file-0.py");
  return asked;
}

test("only what is open is asked for, and only what is in sight is drawn", async () => {
  const asked = await drawn();
  expect(asked.map((each) => each.query.get("path"))).toEqual(["", "Users", "Users/ana"]);
  expect(screen.getAllByRole("treeitem").length).toBeLessThan(60);
  expect(screen.getByText("file-0.py").closest("[role=treeitem]")).toHaveAttribute(
    "aria-setsize",
    "10000",
  );
});

test("the keyboard walks, closes, opens and chooses", async () => {
  await drawn();
  const user = userEvent.setup();
  const tree = screen.getByRole("tree");
  const active = () =>
    document.getElementById(tree.getAttribute("aria-activedescendant") ?? "")?.textContent;
  tree.focus();
  expect(active()).toBe("ana");
  await user.keyboard("{ArrowRight}{Enter}");
  expect(active()).toBe("file-0.py");
  expect(chosen).toHaveBeenLastCalledWith(expect.objectContaining({ path: "Users/ana/file-0.py" }));
  await user.keyboard("{Delete}");
  expect(removed).toHaveBeenLastCalledWith(expect.objectContaining({ name: "file-0.py" }));
  await user.keyboard("{ArrowLeft}{ArrowLeft}");
  expect(screen.queryByText("file-0.py")).toBeNull();
  await user.keyboard("{ArrowDown}{ArrowDown}");
  expect(active()).toBe("readme.md");
});

test("the active row is drawn wherever the list is", async () => {
  await drawn();
  const user = userEvent.setup();
  screen.getByRole("tree").focus();
  await user.keyboard("{End}{ArrowUp}{ArrowUp}");
  await waitFor(() => expect(screen.getByText("file-9999.py")).toBeInTheDocument());
});

test("a folder opens and closes by a click", async () => {
  await drawn();
  const user = userEvent.setup();
  await user.click(screen.getByText("Users"));
  expect(screen.queryByText("ana")).toBeNull();
  await user.click(screen.getByText("Users"));
  expect(await screen.findByText("ana")).toBeInTheDocument();
});
