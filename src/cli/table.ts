export interface Column {
  readonly title: string;
  /** Numbers read best flush right. Default: left. */
  readonly right?: boolean;
}

/** Rows as aligned plain text, two spaces between columns, no trailing blanks; ends with a line end. */
export function formatTable(columns: readonly Column[], rows: ReadonlyArray<readonly string[]>): string {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    columns
      .map(({ right }, at) =>
        right ? (cells[at] ?? '').padStart(widths[at] ?? 0) : (cells[at] ?? '').padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return `${[columns.map(({ title }) => title), ...rows].map(line).join('\n')}\n`;
}

/** A share or score with three decimals; a dash where there is none. */
export function decimals(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? '-' : value.toFixed(digits);
}
