/** No provider explains a refusal at greater length; a longer body is something else. */
export const LONGEST_REFUSAL = 65_536;

/** What a refusal may be read for. A longer body says no more than its status: reading it would only hold everybody up. */
export function explanation({ text }: { readonly text: string }): string {
  return text.length > LONGEST_REFUSAL ? '' : text;
}

/** Members of one list or map in an upstream's object: its machines, chains, scopes. More would only hold everybody up. */
export const MOST_MEMBERS = 10_000;
