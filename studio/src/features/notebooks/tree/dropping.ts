/** What is dragged onto the tree: files from outside, or one of its own entries. */

const OWN = "application/x-studiolo-path";

/** A file from outside, and where it belongs below the folder that it was dropped onto. */
export interface Dropped {
  readonly file: File;
  /** With folders before the name where a folder was dropped. */
  readonly path: string;
}

export function startDrag(data: DataTransfer, path: string): void {
  data.setData(OWN, path);
  data.effectAllowed = "move";
}

/** Whether the tree takes what is dragged. */
export function takes(data: DataTransfer): boolean {
  return data.types.includes(OWN) || data.types.includes("Files");
}

/** The path of an entry of the tree itself; empty if something else was dropped. */
export function ownPath(data: DataTransfer): string {
  return data.getData(OWN);
}

/** The files that were dropped, those in dropped folders too. Call it while the drop is handled. */
export async function droppedFiles(data: DataTransfer): Promise<Dropped[]> {
  // Entries must be asked for at once: the list is empty after the first wait.
  const entries = [...data.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  if (entries.some((each) => each?.isDirectory)) {
    return (await Promise.all(entries.map((each) => (each ? filesOf(each, "") : [])))).flat();
  }
  return [...data.files].map((file) => ({ file, path: file.name }));
}

async function filesOf(entry: FileSystemEntry, above: string): Promise<Dropped[]> {
  const path = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) return [{ file: await fileOf(entry as FileSystemFileEntry), path }];
  const found: Dropped[] = [];
  for (const each of await entriesOf(entry as FileSystemDirectoryEntry)) {
    found.push(...(await filesOf(each, path)));
  }
  return found;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A browser gives a folder's entries a hundred at a time, until none is left. */
async function entriesOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return all;
    all.push(...some);
  }
}
