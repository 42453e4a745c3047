/** Rows of a table in a text: values between commas or tabs, perhaps in quotes (RFC 4180). */

/** @param most rows that are read; a table has no more use for a page. */
export function rowsOfTable(text: string, separator: string, most: number): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let value = "";
  let quoted = false;
  const endRow = () => {
    row.push(value);
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    value = "";
  };
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at < text.length; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') value += letter;
      else if (text[at + 1] === '"') value += text[at++];
      else quoted = false;
    } else if (letter === '"' && value === "") quoted = true;
    else if (letter === separator) {
      row.push(value);
      value = "";
    } else if (letter === "\n") {
      endRow();
      if (rows.length >= most) return rows;
    } else if (letter !== "\r") value += letter;
  }
  endRow();
  return rows;
}
