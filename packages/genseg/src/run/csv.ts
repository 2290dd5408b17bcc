/** Comma-separated values as in RFC 4180, with newlines instead of CR LF. */

export type Cell = string | number | undefined;

/** One line without its end. Strings are quoted where needed; undefined is an empty cell. */
export const csvLine = (cells: readonly Cell[]): string => cells.map(csvCell).join(',');

/** A whole table, header first. */
export const csvText = (header: readonly string[], rows: readonly (readonly Cell[])[]): string =>
  [header, ...rows].map((row) => `${csvLine(row)}\n`).join('');

function csvCell(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
