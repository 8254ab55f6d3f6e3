import type { OpenWritesQuery } from '../generated/graphql.js';
import { agoOf, dateOf } from '../format.js';
import { addressOf, useGraph, useNow } from '../hooks.js';
import { operations } from '../operations.js';
import { Refusal } from '../parts/refusal.js';
import { Chip, Empty, Section, type Tone } from '../parts/small.js';

type OpenWrite = NonNullable<NonNullable<OpenWritesQuery['openWrites']>['nodes'][number]>;

const states: Record<OpenWrite['state'], readonly [word: string, tone: Tone]> = {
  INTENT: ['about to be sent', 'plain'],
  SENT: ['sent, no answer yet', 'wait'],
  UNKNOWN: ['end unknown', 'bad'],
};

/** What this deployment has begun and not found out the end of; the oldest fifty. */
export function OpenWrites() {
  const now = useNow();
  const { data, fault } = useGraph({ query: operations.openWrites, variables: {}, everyMs: 5_000 });
  const writes = data?.openWrites?.nodes.filter((write) => write !== null);
  return (
    <Section title="Open changes" note="Begun here, and not known to have ended. Oldest first.">
      {fault !== undefined && <Refusal refusal={fault} />}
      {writes?.length === 0 && <Empty>None: everything that was begun has ended.</Empty>}
      {writes !== undefined && writes.length > 0 && (
        <>
          <ul className="rows">
            {writes.map((write, at) => (
              <OpenWriteRow key={`${write.operation} ${write.startedAt} ${at}`} write={write} now={now} />
            ))}
          </ul>
          <p className="fine">
            An end that is unknown is looked for when the call comes again with its idempotency key. When people have
            found it out, <code>resolveOpenWrite</code> (scope ops:write) closes or frees the key.
            {data?.openWrites?.pageInfo.hasNextPage === true && ' There are more than these fifty.'}
          </p>
        </>
      )}
    </Section>
  );
}

function OpenWriteRow({ write, now }: { readonly write: OpenWrite; readonly now: number }) {
  const { operation, provider, objectId, state, startedAt, lastFault } = write;
  const [word, tone] = states[state];
  return (
    <li className="row-plain">
      <span className="grow">
        <strong>{operation}</strong> at {provider}
        {objectId !== null && provider === 'pi' && (
          <>
            : <a href={addressOf('payments', objectId)}>{objectId}</a>
          </>
        )}
        <span className="fine">
          begun <time title={dateOf(startedAt)}>{agoOf(startedAt, now)}</time>
          {lastFault !== null && <> · {lastFault}</>}
        </span>
      </span>
      <Chip tone={tone}>{word}</Chip>
    </li>
  );
}
