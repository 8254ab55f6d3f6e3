import type { ProvidersQuery } from '../generated/graphql.js';
import { agoOf, inOf, numberOf } from '../format.js';
import { Chip, type Tone } from '../parts/small.js';

type Provider = ProvidersQuery['providers'][number];

const circuits: Record<NonNullable<Provider['circuit']>, readonly [word: string, tone: Tone]> = {
  CLOSED: ['well', 'good'],
  HALF_OPEN: ['trying', 'wait'],
  OPEN: ['paused', 'bad'],
};

function standing({ enabled, configured, circuit }: Provider): readonly [word: string, tone: Tone] {
  if (!enabled) return ['off', 'plain'];
  if (!configured) return ['no credential', 'plain'];
  return circuit === null ? ['unknown', 'plain'] : circuits[circuit];
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
  const { name, lastSuccessAt, latencyMs, budget } = provider;
  const [word, tone] = standing(provider);
  return (
    <li className="card">
      <div className="card-head">
        <h3>{nameOf(name)}</h3>
        <Chip tone={tone}>{word}</Chip>
      </div>
      <dl className="pairs">
        <dt>Last success</dt>
        <dd>{agoOf(lastSuccessAt, now)}</dd>
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
