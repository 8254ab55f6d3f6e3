/** Whether JSON holds more than so many values, as far as a quick look tells: each begins a list or an object, or follows a comma. */
export function holdsMany(text: string, most: number): boolean {
  if (text.length <= most) return false;
  let left = most;
  for (const mark of [',', '[', '{']) {
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      left -= 1;
      if (left < 0) return true;
    }
  }
  return false;
}
