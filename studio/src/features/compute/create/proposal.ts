/** Names for an instance that nobody has thought of a name for. */

const STEM_LENGTH = 18;

/** Names from the person's own, in the order to try them; without end. */
export function* proposals(alias: string): Generator<string, never> {
  const letters = alias
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, STEM_LENGTH)
    .replace(/-+$/, "");
  for (let count = 1; ; count++) yield `${letters || "my"}-${count}`;
}

/** The first of them that is not among the names `taken`, which are in lower case. */
export function proposal(alias: string, taken: ReadonlySet<string>): string {
  for (const name of proposals(alias)) if (!taken.has(name)) return name;
  throw new Error("There is always one more name.");
}
