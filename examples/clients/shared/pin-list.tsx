import { explain } from './explain.ts';

export interface Row {
  readonly id: string;
  readonly requestId: string;
  readonly name?: string | null | undefined;
  readonly status: string;
}

export interface PinListProps {
  readonly rows: readonly Row[];
  /** Loads the page behind the last row; null when there is none. */
  readonly older: (() => void) | null;
  /** Loads the page before the first row; null when there is none. */
  readonly newer: (() => void) | null;
  readonly lookAgain: (row: Row) => void;
  readonly remove: (row: Row) => void;
  /** What was said last. */
  readonly message: string;
}

/** The rows with what can be done to each. Knows nothing of how they came here. */
export function PinList({ rows, older, newer, lookAgain, remove, message }: PinListProps) {
  return (
    <>
      {newer && <button onClick={newer}>Newer</button>}
      <ul>
        {rows.map((row) => (
          <li key={row.id} data-status={row.status}>
            <span>{row.name ?? row.requestId}</span> {row.status}
            <button onClick={() => lookAgain(row)}>Look again</button>
            <button onClick={() => remove(row)}>Remove</button>
          </li>
        ))}
      </ul>
      {older && <button onClick={older}>Older</button>}
      <output>{explain(message)}</output>
    </>
  );
}
