import { useState } from 'react';
import type { PinFilter } from '../generated/graphql.js';
import { Refusal } from '../parts/refusal.js';
import { Empty, NeedsScope } from '../parts/small.js';
import { useSession } from '../session.js';
import { Filters, noFilters, type PinFilters } from './filters.js';
import { PinRow } from './pin-row.js';
import { usePins } from './use-pins.js';

/** Pins with filters; what is under way moves by itself. */
export function Pins() {
  const { may, services } = useSession();
  const [filters, setFilters] = useState<PinFilters>({ ...noFilters, service: services[0] ?? '' });
  if (!may('pin:read') || services.length === 0) {
    return (
      <>
        <h1>Pins</h1>
        {may('pin:read') ? (
          <Empty>No pinning service with a token is configured here (PINNING_SERVICES).</Empty>
        ) : (
          <NeedsScope scope="pin:read">Pins are not shown.</NeedsScope>
        )}
      </>
    );
  }
  return (
    <>
      <h1>Pins</h1>
      <Filters filters={filters} services={services} change={setFilters} />
      <PinList key={JSON.stringify(filters)} filters={filters} />
    </>
  );
}

/** What the graph is asked for. */
function filterOf({ status, name, cid }: PinFilters): PinFilter {
  return {
    ...(status !== '' && { status: [status] }),
    ...(name !== '' && { name, match: 'IPARTIAL' as const }),
    ...(cid !== '' && { cids: [cid] }),
  };
}

function PinList({ filters }: { readonly filters: PinFilters }) {
  const { may } = useSession();
  const { pins, fault, more, loading, live, loadMore, retry, answers } = usePins(filters.service, filterOf(filters));
  return (
    <section aria-label="Pins that match">
      {fault !== undefined && <Refusal refusal={fault} />}
      {pins.length === 0 && fault === undefined && (
        <Empty>{loading ? 'Looking…' : more ? 'None on this page.' : 'No pin matches.'}</Empty>
      )}
      {live && <p className="fine live">Live: what is under way moves by itself.</p>}
      <ul className="rows">
        {pins.map((pin) => (
          <PinRow
            key={pin.requestId}
            pin={pin}
            answer={answers.get(pin.requestId)}
            retry={may('pin:write') ? () => void retry(pin) : undefined}
          />
        ))}
      </ul>
      {more && (
        <button type="button" onClick={() => void loadMore()} disabled={loading}>
          {loading ? 'Looking…' : 'Older pins'}
        </button>
      )}
    </section>
  );
}
