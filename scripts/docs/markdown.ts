/** Says where a page comes from. */
export const note = '<!-- Written by npm run docs; change the code instead. -->';

/** A row of a table. */
export function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('\n', ' ').replaceAll('|', '\\|')).join(' | ')} |`;
}
