import {
  CodeRegular,
  DocumentRegular,
  DocumentTextRegular,
  FolderOpenRegular,
  FolderRegular,
  ImageRegular,
  LinkRegular,
  NotebookRegular,
  TableRegular,
} from "@fluentui/react-icons";
import type { Entry } from "@/api/files";
import { IMAGES } from "@/features/notebooks/kinds";
import { extensionOf } from "@/features/notebooks/paths";

const CODE = new Set("py r sql sh bash js jsx mjs ts tsx json yaml yml toml html css".split(" "));
const TEXT = new Set("md txt log rst".split(" "));
const TABLE = new Set("csv tsv parquet xlsx".split(" "));

interface Props {
  readonly name: string;
  readonly type: Entry["type"];
  readonly open?: boolean;
}

/** The sign of a file's kind, or of a folder. */
export function FileIcon({ name, type, open }: Props) {
  if (type === "directory") return open ? <FolderOpenRegular /> : <FolderRegular />;
  if (type === "other") return <LinkRegular />;
  const extension = extensionOf(name);
  if (extension === "ipynb") return <NotebookRegular />;
  if (extension in IMAGES) return <ImageRegular />;
  if (CODE.has(extension)) return <CodeRegular />;
  if (TABLE.has(extension)) return <TableRegular />;
  return TEXT.has(extension) ? <DocumentTextRegular /> : <DocumentRegular />;
}
