/** A new notebook: one empty cell, for Python, in nbformat 4.5. */
export function emptyNotebook(): string {
  const cell = {
    cell_type: "code",
    execution_count: null,
    id: crypto.randomUUID().slice(0, 8),
    metadata: {},
    outputs: [],
    source: [],
  };
  const metadata = {
    kernelspec: { display_name: "Python 3 (ipykernel)", language: "python", name: "python3" },
    language_info: { name: "python" },
  };
  return `${JSON.stringify({ cells: [cell], metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}
