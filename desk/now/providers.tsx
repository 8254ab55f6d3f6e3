import type { ProvidersQuery } from '../generated/graphql.js';
import { agoOf, inOf, numberOf } from '../format.js';
import { Chip, type Tone } from '../parts/small.js';
import { adviceFor } from '../words.js';

export type Provider = ProvidersQuery['providers'][number];

type Word = readonly [word: string, tone: Tone];

/** What failing means for calls that come now. */
const circuits: Record<NonNullable<Provider['circuit']>, Word> = {
  CLOSED: ['failing', 'bad'],
  HALF_OPEN: ['trying', 'wait'],
  OPEN: ['paused', 'bad'],
};

/** A circuit that is closed lets calls through; whether they come back is another matter. */
function standingOf({ enabled, configured, circuit, standing }: Provider): Word {
  if (!enabled) return ['off', 'plain'];
  if (standing === 'FAILING' && circuit !== null) return circuits[circuit];
  if (!configured) return ['no credential', 'plain'];
  if (standing === null) return ['unknown', 'plain'];
  return standing === 'WELL' ? ['well', 'good'] : ['not asked yet', 'plain'];
}

/** Whether this gateway asks it by itself. */
export function mayAsk({ enabled, configured }: Provider): boolean {
  return enabled && configured;
}

const names: Readonly<Record<string, string>> = {
  pi: 'Pi Platform',
  ledger: 'Pi’s ledger',
  mypit: 'MyPit',
  bitminter: 'BitMinter',
};

export function nameOf(provider: string): string {
  return names[provider] ?? provider.replace(/^pinning:/, 'Pinning · ');
}

/** One card for each upstream. */
export function Providers({ providers, now }: { readonly providers: readonly Provider[]; readonly now: number }) {
  return (
    <ul className="cards">
      {providers.map((provider) => (
        <ProviderCard key={provider.name} provider={provider} now={now} />
      ))}
    </ul>
  );
}

function ProviderCard({ provider, now }: { readonly provider: Provider; readonly now: number }) {
  const { name, lastSuccessAt, lastFailureAt, lastFailure, latencyMs, budget } = provider;
  const [word, tone] = standingOf(provider);
  return (
    <li className="card">
      <div className="card-head">
        <h3>{nameOf(name)}</h3>
        <Chip tone={tone}>{word}</Chip>
      </div>
      <dl className="pairs">
        <dt>Last success</dt>
        <dd>{agoOf(lastSuccessAt, now)}</dd>
        {lastFailure !== null && (
          <>
            <dt>Last failure</dt>
            <dd>
              {agoOf(lastFailureAt, now)}
              <span className="fine">{adviceFor({ code: lastFailure }).said}</span>
            </dd>
          </>
        )}
        <dt>Latency</dt>
        <dd>{latencyMs === null ? '–' : `${numberOf(latencyMs)} ms`}</dd>
        <dt>Budget left</dt>
        <dd>{budget === null ? 'not announced' : <Budget budget={budget} now={now} />}</dd>
      </dl>
    </li>
  );
}

function Budget({ budget, now }: { readonly budget: NonNullable<Provider['budget']>; readonly now: number }) {
  const { remaining, limit, resetsAt } = budget;
  const text = limit === null ? numberOf(remaining) : `${numberOf(remaining)} of ${numberOf(limit)}`;
  return (
    <>
      {text}, full in {inOf(resetsAt, now)}
      {limit !== null && <meter min={0} max={limit} low={limit / 10} value={remaining} aria-label="Budget left" />}
    </>
  );
}
