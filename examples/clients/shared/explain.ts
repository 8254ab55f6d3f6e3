/** What browsers say when no answer came, or this page may not see it: never which of the two it is. */
const NO_ANSWER = /failed to fetch|networkerror|load failed/i;

/** A message, and what to look at when it only says that there was no answer. */
export function explain(message: string): string {
  return NO_ANSWER.test(message) ? noAnswer(message) : message;
}

/** What to look at when no answer comes. */
export function noAnswer(message: string): string {
  return `${message}: is the gateway there, and does it let this page in? Start it with CORS_ORIGINS=${location.origin}`;
}
