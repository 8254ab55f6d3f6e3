import type { GatewayNowQuery } from '../generated/graphql.js';
import { agoOf, numberOf, timeOf } from '../format.js';
import { useGraph, useNow } from '../hooks.js';
import { operations } from '../operations.js';
import { Refusal } from '../parts/refusal.js';
import { Chip, Empty, NeedsScope, Section, type Tone } from '../parts/small.js';
import { useSession } from '../session.js';
import { Providers } from './providers.js';
import { doubts, kinds, stateTone, stateWord } from './state.js';
import { Summary } from './summary.js';

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
  // That the key is not known any more is told above every view.
  const fault = [providers.fault, gateway.fault].find((one) => one !== undefined && one.code !== 'UNAUTHENTICATED');
  const state = sees ? (gateway.data?.gateway?.state ?? 'unknown') : undefined;
  return (
    <>
      <h1>Now</h1>
      {fault !== undefined && <Refusal refusal={fault} />}
      {providers.data !== undefined && <Summary providers={providers.data.providers} state={state} />}
      <Section title="Upstreams" note="As this instance sees them, with its own credentials.">
        {providers.data === undefined ? (
          <Empty>{providers.fault === undefined ? 'Looking…' : 'Nothing is known of them now.'}</Empty>
        ) : (
          <Providers providers={providers.data.providers} now={now} />
        )}
      </Section>
      {sees ? (
        <>
          {gateway.data?.gateway && <Figures gateway={gateway.data.gateway} />}
          {gateway.data?.gateway && <Changes changes={gateway.data.gateway.changes} now={now} />}
        </>
      ) : (
        <NeedsScope scope="ops:read">State, streams and what changed are not shown.</NeedsScope>
      )}
    </>
  );
}

function Figures({ gateway }: { readonly gateway: Gateway }) {
  const { state, streams, polled, pollSubscribers, version } = gateway;
  return (
    <Section title="This instance" note={`Version ${version}`}>
      <dl className="figures">
        <div>
          <dt>State store</dt>
          <dd>
            <Chip tone={stateTone(state)}>{stateWord(state)}</Chip> {kinds[state.kind]}
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
