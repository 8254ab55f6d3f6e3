import { createHash } from 'node:crypto';

/** Secrets, each with characters that every encoding changes; the name says where it was planted. */
export const canaries = {
  operatorKey: 'op/CANARY-1+key=a&b?',
  strangerKey: 'stranger/CANARY-2+key=a&b?',
  piToken: 'pi/CANARY-3+token=a&b?',
  pinningToken: 'pt/CANARY-4+token=a&b?',
  serverPinningToken: 'sp/CANARY-5+token=a&b?',
  serverPiKey: 'sk/CANARY-6+key=a&b?',
  gatewaySecret: 'gs/CANARY-7+secret=a&b?',
  variable: 'va/CANARY-8+name=a&b?',
  literal: 'li/CANARY-9+text=a&b?',
  upstreamBody: 'ub/CANARY-10+body=a&b?',
  upstreamHeader: 'uh/CANARY-11+header=a&b?',
  cookie: 'co/CANARY-12+cookie=a&b?',
} as const;

/** Every form in which a text could show up: as it is, encoded at any offset, or hashed. */
export function formsOf(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  const hex = bytes.toString('hex');
  const hashes = ['sha256', 'sha1', 'md5', 'sha512'].flatMap((name) => {
    const digest = createHash(name).update(bytes).digest();
    return [digest.toString('hex'), digest.toString('base64').replace(/=+$/, ''), digest.toString('base64url')];
  });
  // Inside a longer text the same bytes look different at each of three offsets; the characters at both ends depend on the neighbours.
  const encoded = [0, 1, 2].flatMap((offset) => {
    const padded = Buffer.concat([Buffer.alloc(offset), bytes]);
    const inner = (alphabet: 'base64' | 'base64url') =>
      padded
        .toString(alphabet)
        .replace(/=+$/, '')
        .slice(offset === 0 ? 0 : offset + 1, -2);
    return [inner('base64'), inner('base64url')];
  });
  return [
    text,
    encodeURIComponent(text),
    encodeURI(text),
    JSON.stringify(text).slice(1, -1),
    hex,
    hex.toUpperCase(),
    ...encoded,
    ...hashes,
  ];
}

/** The canaries that stand in a text in any form, by name. */
export function canariesIn(text: string): readonly string[] {
  return Object.entries(canaries)
    .filter(([, canary]) => formsOf(canary).some((form) => text.includes(form)))
    .map(([name]) => name);
}
