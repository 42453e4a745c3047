import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { ConflictDialog } from "@/features/notebooks/editor/ConflictDialog";
import { useTextDocument } from "@/features/notebooks/editor/useTextDocument";
import { type Asked, answering, json, refused } from "@/testing/answers";
import { show } from "@/testing/show";

/** A share with one file, which checks conditions as the API does. */
class Share {
  text = "theirs";
  version = 1;

  answer = ({ method, headers, body, path }: Asked): Response => {
    if (!path.endsWith("/content")) return json({ value: [] });
    if (method === "GET") return new Response(this.text, { headers: { ETag: this.etag } });
    const wanted = headers.get("If-Match");
    if (wanted && wanted !== this.etag) return refused(412, "ConditionNotMet", "It has changed.");
    this.text = body;
    this.version += 1;
    return json({ etag: this.etag });
  };

  get etag(): string {
    return `"${this.version}"`;
  }
}

function Editor() {
  const text = useTextDocument(1, "Users/ana/a.py");
  const snapshot = { text: "mine", saved: () => {} };
  return (
    <>
      <p>shown: {text.loaded?.text ?? "nothing"}</p>
      <button type="button" onClick={() => void text.save(snapshot)}>
        Save
      </button>
      {text.conflict && (
        <ConflictDialog
          name="a.py"
          overwrite={() => void text.overwrite(snapshot)}
          reload={() => void text.reload()}
          keepEditing={text.keepEditing}
        />
      )}
    </>
  );
}

async function opened() {
  const share = new Share();
  answering(share.answer);
  await show(<Editor />);
  await screen.findByText("shown: theirs");
  return { share, user: userEvent.setup() };
}

test("saving goes over the version that was read, and again over the one that was saved", async () => {
  const { share, user } = await opened();
  await user.click(screen.getByText("Save"));
  await waitFor(() => expect(share.version).toBe(2));
  await user.click(screen.getByText("Save"));
  await waitFor(() => expect(share.version).toBe(3));
  expect(share.text).toBe("mine");
  expect(screen.queryByRole("alertdialog")).toBeNull();
});

test("a file that has changed is not saved over unasked", async () => {
  const { share, user } = await opened();
  share.version = 7;
  share.text = "newer";
  await user.click(screen.getByText("Save"));
  await user.click(await screen.findByText("Keep editing"));
  expect(share.text).toBe("newer");
  expect(screen.getByText("shown: theirs")).toBeInTheDocument();
});

test("overwriting is what a person says", async () => {
  const { share, user } = await opened();
  share.version = 7;
  await user.click(screen.getByText("Save"));
  await user.click(await screen.findByText("Overwrite"));
  await waitFor(() => expect(share.text).toBe("mine"));
});

test("reloading shows what is there now, and saves over that", async () => {
  const { share, user } = await opened();
  share.version = 7;
  share.text = "newer";
  await user.click(screen.getByText("Save"));
  await user.click(await screen.findByText("Discard mine and reload"));
  await screen.findByText("shown: newer");
  await user.click(screen.getByText("Save"));
  await waitFor(() => expect(share.text).toBe("mine"));
});
