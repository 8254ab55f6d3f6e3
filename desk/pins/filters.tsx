import { useState, type FormEvent } from 'react';
import type { PinStatus } from '../generated/graphql.js';

export interface PinFilters {
  readonly service: string;
  readonly status: PinStatus | '';
  readonly name: string;
  readonly cid: string;
}

export const noFilters: PinFilters = { service: '', status: '', name: '', cid: '' };

const statuses = [
  ['', 'Any status'],
  ['QUEUED', 'Queued'],
  ['PINNING', 'Pinning'],
  ['PINNED', 'Pinned'],
  ['FAILED', 'Failed'],
] as const satisfies readonly (readonly [PinStatus | '', string])[];

interface FiltersProps {
  readonly filters: PinFilters;
  readonly services: readonly string[];
  readonly change: (filters: PinFilters) => void;
}

/** Choices apply at once, texts when they are entered. */
export function Filters({ filters, services, change }: FiltersProps) {
  const [name, setName] = useState(filters.name);
  const [cid, setCid] = useState(filters.cid);
  function apply(event: FormEvent): void {
    event.preventDefault();
    change({ ...filters, name: name.trim(), cid: cid.trim() });
  }
  return (
    <form className="filters" role="search" aria-label="Filter pins" onSubmit={apply}>
      {services.length > 1 && (
        <label>
          Service
          <select value={filters.service} onChange={(event) => change({ ...filters, service: event.target.value })}>
            {services.map((service) => (
              <option key={service}>{service}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        Status
        <select
          value={filters.status}
          onChange={({ target }) =>
            change({ ...filters, status: statuses.find(([value]) => value === target.value)?.[0] ?? '' })
          }
        >
          {statuses.map(([value, label]) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label className="grow">
        Name holds
        <input type="search" value={name} maxLength={255} onChange={(event) => setName(event.target.value)} />
      </label>
      <label className="grow">
        CID
        <input type="search" spellCheck={false} value={cid} onChange={(event) => setCid(event.target.value)} />
      </label>
      <button type="submit">Filter</button>
    </form>
  );
}
