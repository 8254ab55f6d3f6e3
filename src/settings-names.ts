import leven from 'leven';

/** First words of our own settings: nothing else has a reason to begin so. */
const OURS = new Set(['PI', 'MYPIT', 'PINNING', 'BITMINTER', 'HEADGATE', 'GATEWAY', 'PAYOUT', 'TRUSTED']);

/** What people call a setting whose name has none of these words. */
const OTHER_WORDS: ReadonlyMap<string, string> = new Map([
  ['HEADGATE_KEYS', 'GATEWAY_KEYS'],
  ['OPERATOR_KEYS', 'GATEWAY_KEYS'],
  ['API_KEYS', 'GATEWAY_KEYS'],
]);

/** Whether a name begins as only ours do. */
export function isOurs(name: string): boolean {
  return OURS.has(name.toUpperCase().split('_')[0] ?? '');
}

/**
 * The setting that was meant by a name that is none: `PINNING_SERVICE` for `PINNING_SERVICES`, `PI_KEY` for `PI_API_KEY`,
 * `desk` for `DESK`, `HEADGATE_PORT` for `PORT`.
 * Undefined for names that have nothing to do with ours; an environment is full of them.
 */
export function meantSetting(name: string, known: ReadonlySet<string>): string | undefined {
  const exact = name.toUpperCase();
  const bare = exact.replace(/^HEADGATE_/, '');
  if (known.has(exact)) return exact;
  if (known.has(bare)) return bare;
  const other = OTHER_WORDS.get(exact) ?? exact.replace(/_(JWT|KEY|API_KEY|SECRET)$/, '_TOKEN');
  if (known.has(other)) return other;
  if (!/^[A-Z][A-Z0-9_]{4,63}$/.test(name)) return undefined;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const candidate of known) {
    const distance = leven(name, candidate, { maxDistance: 8 });
    const near = distance <= (candidate.length >= 9 ? 2 : 1) || (distance < 8 && isWordsOf(name, candidate));
    if (near && (best === undefined || distance < best.distance)) best = { name: candidate, distance };
  }
  return best?.name;
}

/** Whether one name has all words of the other, and both begin with the same word of ours. */
function isWordsOf(name: string, candidate: string): boolean {
  const [given, wanted] = [name.split('_'), candidate.split('_')];
  if (given[0] !== wanted[0] || !OURS.has(given[0] ?? '') || given.length < 2) return false;
  return given.every((word) => wanted.includes(word)) || wanted.every((word) => given.includes(word));
}
