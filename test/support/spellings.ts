/** Every way in which a text may be spelled where it should not stand at all. */
export function spellings(text: string): readonly string[] {
  const bytes = Buffer.from(text);
  // Base64 of the text wherever it lies within a group of three bytes, without the characters that its neighbours share.
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : 4, -4),
  );
  return [text, encodeURIComponent(text), bytes.toString('hex'), ...base64];
}
