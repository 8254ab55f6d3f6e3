import type { GatewayNowQuery } from '../generated/graphql.js';
import { agoOf, numberOf, timeOf } from '../format.js';
import { useGraph, useNow } from '../hooks.js';
import { operations } from '../operations.js';
import { Refusal } from '../parts/refusal.js';
import { Chip, Empty, NeedsScope, Section, type Tone } from '../parts/small.js';
import { useSession } from '../session.js';
import { mayAsk, nameOf, Providers, type Provider } from './providers.js';

type Gateway = NonNullable<GatewayNowQuery['gateway']>;
type Change = Gateway['changes'][number];

const EVERY_MS = 2_000;

/** How everything is doing, read anew every two seconds while somebody looks. */
export function Now() {
  const { may } = useSession();
  const now = useNow();
  const sees = may('ops:read');
  const providers = useGraph({ query: operations.providers, variables: {}, everyMs: EVERY_MS });
  const gateway = useGraph({ query: operations.gateway, variables: {}, when: sees, everyMs: EVERY_MS });
  return (
    <>
      <h1>Now</h1>
      {providers.data !== undefined && (
        <Summary providers={providers.data.providers} state={gateway.data?.gateway?.state} />
      )}
      {providers.fault !== undefined && <Refusal refusal={providers.fault} />}
      <Section title="Upstreams" note="As this instance sees them, with its own credentials.">
        {providers.data === undefined ? (
          <Empty>Looking…</Empty>
        ) : (
          <Providers providers={providers.data.providers} now={now} />
        )}
      </Section>
      {sees ? (
        <>
          {gateway.fault !== undefined && <Refusal refusal={gateway.fault} />}
          {gateway.data?.gateway && <Figures gateway={gateway.data.gateway} />}
          {gateway.data?.gateway && <Changes changes={gateway.data.gateway.changes} now={now} />}
        </>
      ) : (
        <NeedsScope scope="ops:read">State, streams and what changed are not shown.</NeedsScope>
      )}
    </>
  );
}

interface SummaryProps {
  readonly providers: readonly Provider[];
  readonly state: Gateway['state'] | undefined;
}

/** The whole view in one sentence. */
function Summary({ providers, state }: SummaryProps) {
  const troubled = providers.filter(({ enabled, standing }) => enabled && standing === 'FAILING');
  const asked = providers.filter((provider) => mayAsk(provider));
  const unasked = asked.filter(({ standing }) => standing === 'NOT_ASKED');
  const stateIsWell = state === undefined || stateTone(state) === 'good';
  const troubles = [
    ...troubled.map(({ name }) => `${nameOf(name)} is failing`),
    ...(stateIsWell ? [] : ['the state store is in trouble']),
  ];
  if (troubles.length > 0)
    return (
      <p className="summary bad" role="status">
        {troubles.join(', ')}.
      </p>
    );
  return (
    <p className={unasked.length === asked.length ? 'summary plain' : 'summary good'} role="status">
      {wellSaid(unasked, asked.length)}
    </p>
  );
}

/** Nothing is known of what nobody asked, so it is not called well. */
function wellSaid(unasked: readonly Provider[], asked: number): string {
  if (unasked.length === 0) return asked === 0 ? 'No upstream has a credential here.' : 'All is well.';
  if (unasked.length === asked) return 'No upstream has been asked yet.';
  return `All that was asked is well. Not asked yet: ${unasked.map(({ name }) => nameOf(name)).join(', ')}.`;
}

const kinds: Record<Gateway['state']['kind'], string> = {
  MEMORY: 'in memory',
  EMBEDDED: 'in a folder of this instance',
  REDIS: 'in Redis',
};

const doubts: Record<NonNullable<Gateway['state']['doubt']>, string> = {
  EVICTS: 'It throws entries out when it is full: payouts and badges wait. Set `noeviction`.',
  EMPTIED: 'It came back empty: payouts and badges wait until `headgate state accept`.',
  CLOCK:
    "This machine's clock is behind its last work, or more than 40 days ahead: payouts and badges wait until it is right, or `headgate state accept`.",
  FORGETS: 'It ends with this process: payouts and badges wait. Set `STATE_DIR` to a folder, or `REDIS_URL`.',
  UNCHECKED:
    'It has not been looked at yet, or does not tell whether it throws entries out: payouts and badges wait. Allow `INFO`.',
};

function stateTone({ availability, doubt }: Gateway['state']): Tone {
  if (availability === 'LOST') return 'bad';
  return availability === 'STARTING' || doubt !== null ? 'wait' : 'good';
}

function Figures({ gateway }: { readonly gateway: Gateway }) {
  const { state, streams, polled, pollSubscribers, version } = gateway;
  return (
    <Section title="This instance" note={`Version ${version}`}>
      <dl className="figures">
        <div>
          <dt>State store</dt>
          <dd>
            <Chip tone={stateTone(state)}>{state.availability.toLowerCase()}</Chip> {kinds[state.kind]}
          </dd>
          {state.doubt !== null && <dd className="fine">{doubts[state.doubt]}</dd>}
        </div>
        <div>
          <dt>Streams open</dt>
          <dd className="big">{numberOf(streams)}</dd>
        </div>
        <div>
          <dt>Objects polled</dt>
          <dd className="big">{numberOf(polled)}</dd>
          <dd className="fine">for {numberOf(pollSubscribers)} who watch</dd>
        </div>
      </dl>
    </Section>
  );
}

const events: Record<Change['event'], readonly [text: string, tone: Tone]> = {
  STARTED: ['This instance started', 'plain'],
  CIRCUIT_OPENED: ['Calls are paused: it has been failing', 'bad'],
  CIRCUIT_CLOSED: ['Calls go through again', 'good'],
  PROVIDER_FAILING: ['It began to fail', 'bad'],
  PROVIDER_RECOVERED: ['It answers again', 'good'],
  STATE_REACHED: ['The state store can be reached', 'good'],
  STATE_LOST: ['The state store cannot be reached', 'bad'],
  STATE_EVICTS: ['The state store throws entries out', 'bad'],
  STATE_UNSEEN: ['The state store does not tell whether it throws entries out', 'bad'],
  STATE_EMPTIED: ['The state store came back empty', 'bad'],
  STATE_FOREIGN: ['The state store belongs to another secret', 'bad'],
  STATE_CLOCK_DOUBTED: ["The machine's clock does not fit its last work", 'bad'],
  STATE_CLOCK_BELIEVED: ['The clock is right, or accepted', 'good'],
  STATE_LOSS_ACCEPTED: ['An operator accepted the empty store', 'plain'],
};

function Changes({ changes, now }: { readonly changes: readonly Change[]; readonly now: number }) {
  return (
    <Section title="The last hour">
      {changes.length === 0 ? (
        <Empty>Nothing changed.</Empty>
      ) : (
        <ol className="changes">
          {changes.map(({ at, event, provider }) => (
            <li key={`${at} ${event} ${provider}`} className={events[event][1]}>
              <time dateTime={at} title={agoOf(at, now)}>
                {timeOf(at)}
              </time>
              <span>
                {provider !== null && <strong>{provider} </strong>}
                {events[event][0]}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Section>
  );
}
