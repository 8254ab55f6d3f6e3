/**
 * The first characters of a text, and `mark` behind them where there were more. A character is a code point: no pair of surrogates is
 * split. Costs as much as what is left, however long the text.
 */
export function cut(text: string, most: number, mark = ''): string {
  if (text.length <= most) return text;
  let end = 0;
  for (let left = most; left > 0 && end < text.length; left -= 1) end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  return end < text.length ? `${text.slice(0, end)}${mark}` : text;
}
