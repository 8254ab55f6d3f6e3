import { isEnumType } from 'graphql';
import { errorTable } from '../../src/error-codes.js';
import { schema } from '../../src/graph/index.js';
import { note, row } from './markdown.js';

/** What has a page of its own. */
const MORE: Readonly<Record<string, string>> = {
  OVERLOADED: ' [More](overload.md).',
  SUBSCRIPTION_LIMIT: ' [More](overload.md).',
};

/** Every code of `errors[].extensions.code` and of `UserError.code`, and every reason of a conflict. */
export function errorsPage(): string {
  const facts = Object.entries<{ readonly meaning: string; readonly retryable: boolean; readonly status?: number }>(
    errorTable,
  );
  const reasons = schema.getType('ConflictReason');
  return [
    '# Errors',
    note,
    '',
    'A missing object is `null` without an error; an outage is an error with a code, at its own field, while the other fields',
    'arrive. In mutations a refusal that you can act on is a member of the result union, with the same codes in `code`. What a scalar',
    'cannot be read as (a CID, a decimal, a date) is refused before anything runs, as `BAD_USER_INPUT` among `errors`, there too.',
    '`errors[].extensions` has `code`, `retryable` (whether the same request may succeed later), `retryAfterMs` when there is a',
    'time to wait for, `provider`, and `requestId`, by which the log knows the request.',
    '',
    '| Code | What happened | Try again | HTTP status |',
    '|---|---|---|---|',
    ...facts.map(([code, { meaning, retryable, status }]) =>
      row(`\`${code}\``, meaning + (MORE[code] ?? ''), retryable ? 'yes' : 'no', String(status ?? '')),
    ),
    '',
    'The status is that of an answer that holds nothing else; without one it is 200, or 400 for',
    '`application/graphql-response+json` when the request could not be executed.',
    '',
    ...(isEnumType(reasons)
      ? [
          '## Why a conflict',
          '`ConflictError.reason`:',
          '',
          '| Reason | Meaning |',
          '|---|---|',
          ...reasons.getValues().map(({ name, description }) => row(`\`${name}\``, description ?? '')),
          '',
        ]
      : []),
  ].join('\n');
}
