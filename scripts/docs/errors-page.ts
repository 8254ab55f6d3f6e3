import { isEnumType } from 'graphql';
import { errorTable } from '../../src/error-codes.js';
import { schema } from '../../src/graph/index.js';
import { note, row } from './markdown.js';

/** What has a page of its own. */
const MORE: Readonly<Record<string, string>> = {
  OVERLOADED: ' [More](overload.md).',
  SUBSCRIPTION_LIMIT: ' [More](overload.md).',
};

const outcomes = [
  '## What became of a change',
  'A mutation that fails as an error says it in `outcome`; read it before `retryable`, which speaks of the same request without a key:',
  '',
  '| `outcome` | What it means | Next |',
  '|---|---|---|',
  row(
    '`unknown`',
    'The change may have been made, whatever the code is: also with `UPSTREAM_AUTH_FAILED`, which is not to be tried again otherwise.',
    'Send it again with the same idempotency key and the same input, and no other key. A change that takes no key: look what is there.',
  ),
  row(
    '`not_applied`',
    'Nothing was changed, as far as the provider said.',
    'The same key may be sent again. Look at what is there before you take a new one (below).',
  ),
  row(
    'none',
    'This gateway refused: this request sent nothing, though with `IDEMPOTENCY_IN_PROGRESS` the first one may have. ' +
      'No answer at all, and `INTERNAL_SERVER_ERROR`, say nothing about it.',
    '`retryable` says whether the same request may succeed later; after `INTERNAL_SERVER_ERROR`, and without an answer, as for `unknown`.',
  ),
  '',
  'Whether a change was made in spite of a conflict is `ConflictError.applied`. The same key that is asked again may be answered with',
  '`OutcomeUnknownError` in `data`, without `errors`: that is `unknown`, too.',
  '',
  'A 401, 403 or 429 from a pinning service, or for `createBadgeTemplate`, is told as `not_applied`. Something in front of the service',
  '(a firewall, a proxy) may have answered so after it had passed the write on. A pin that is asked for again with the same key is looked',
  'for first; before you take a new key, and before you ask for a template again, which takes no key, look whether it is there.',
  '',
];

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
    'time to wait for, `provider`, and `requestId`, by which the log knows the request; of a mutation that failed also `outcome`,',
    'which [says what became of the change](#what-became-of-a-change) and goes before `retryable`.',
    '',
    '| Code | What happened | Try again | HTTP status |',
    '|---|---|---|---|',
    ...facts.map(([code, { meaning, retryable, status }]) =>
      row(`\`${code}\``, meaning + (MORE[code] ?? ''), retryable ? 'yes' : 'no', String(status ?? '')),
    ),
    '',
    'The status is that of an answer that holds nothing else; without one it is 200, or 400 for',
    '`application/graphql-response+json` when the request could not be executed. `TOO_MANY_REQUESTS` is therefore 200 where it stands',
    'at a field, and 429 where nothing ran. `SUBSCRIPTION_LIMIT` is 429 when one address has too many open (`SOCKETS_PER_ADDRESS`), and',
    '200 when one caller or this instance has (`MAX_SUBSCRIPTIONS_PER_CALLER`, `MAX_SUBSCRIPTIONS`). A refusal comes in the media type',
    'that the `accept` header wants. A body with a `content-encoding` gets 415: send it uncompressed.',
    '',
    ...outcomes,
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
