import { memo, useState } from 'react';
import { countOf, dateOf, numberOf } from '../format.js';
import { Chip, Id, Section, type Tone } from '../parts/small.js';
import type { RowAnswer } from './issue-run.js';
import { useIssuing } from './issue-store.js';
import type { CheckedRow } from './recipients.js';

/** More rows make a page slow, and nobody reads them all. */
const MOST_SHOWN = 1_000;

type Standing = 'bad row' | 'ready' | RowAnswer['state'];

const tones: Record<Standing, Tone> = {
  'bad row': 'bad',
  ready: 'plain',
  asking: 'wait',
  issued: 'good',
  failed: 'bad',
  unknown: 'wait',
};

function standingOf(row: CheckedRow, answer: RowAnswer | undefined): Standing {
  return row.fault !== undefined ? 'bad row' : (answer?.state ?? 'ready');
}

/** How far the batch is, and an answer for each row. */
export function Outcome() {
  const { rows, answers, running, batch } = useIssuing();
  const [onlyTrouble, setOnlyTrouble] = useState(false);
  if (rows === undefined) return null;
  const standing = rows.map((row) => [row, standingOf(row, answers.get(row.holderId))] as const);
  const count = (wanted: Standing) => standing.filter(([, state]) => state === wanted).length;
  const usable = rows.length - count('bad row');
  const holding = rows.filter(({ heldSince }) => heldSince !== undefined).length;
  const answered = count('issued') + count('failed') + count('unknown');
  const trouble = count('bad row') + count('failed') + count('unknown');
  const shown = onlyTrouble
    ? standing.filter(([, state]) => state === 'bad row' || state === 'failed' || state === 'unknown')
    : standing;
  return (
    <Section title="Row by row" note={`Batch ${batch}`}>
      {(running || answered > 0) && (
        <div className="progress">
          <progress max={usable} value={answered} aria-label="Rows that have an answer" />
          <span>
            {numberOf(answered)} of {numberOf(usable)}
          </span>
        </div>
      )}
      <p className="tally" role="status">
        {running ? 'Under way. ' : ''}
        {numberOf(count('issued'))} issued, {numberOf(count('failed'))} failed, {numberOf(count('unknown'))} unclear,{' '}
        {countOf(count('bad row'), 'bad row')}, {numberOf(usable - answered)} to go.
        {answered === 0 && holding > 0 && ` ${countOf(holding, 'person has', 'people have')} this badge already.`}
        {!running && count('unknown') > 0 && ' Send the list again: what is unclear is looked for, never issued twice.'}
        {!running && count('failed') > 0 && ' What failed can be tried anew in a new batch, with those rows alone.'}
      </p>
      {trouble > 0 && (
        <label className="check">
          <input type="checkbox" checked={onlyTrouble} onChange={(event) => setOnlyTrouble(event.target.checked)} />
          Only rows with trouble ({numberOf(trouble)})
        </label>
      )}
      <ol className="rows list-rows">
        {shown.slice(0, MOST_SHOWN).map(([row, state]) => (
          <AnswerRow key={row.line} row={row} standing={state} answer={answers.get(row.holderId)} />
        ))}
      </ol>
      {shown.length > MOST_SHOWN && <p className="fine">The first {numberOf(MOST_SHOWN)} rows are shown.</p>}
    </Section>
  );
}

interface AnswerRowProps {
  readonly row: CheckedRow;
  readonly standing: Standing;
  readonly answer: RowAnswer | undefined;
}

/** Drawn anew only when its own answer comes: a list has hundreds. */
const AnswerRow = memo(function AnswerRow({ row, standing, answer }: AnswerRowProps) {
  const why = row.fault ?? (answer !== undefined && 'why' in answer ? answer.why : undefined);
  return (
    <li className="row-plain">
      <span className="line" title="Line of the list">
        {row.line}
      </span>
      <span className="grow">
        {row.name ?? (row.recipient || 'nobody')}
        {row.name !== undefined && <span className="fine">{row.recipient}</span>}
        {why !== undefined && <span className="why">{why}</span>}
        {row.heldSince !== undefined && answer === undefined && (
          <span className="why held">
            Has this badge already{row.heldSince !== null && `, since ${dateOf(row.heldSince)}`}.
          </span>
        )}
      </span>
      {answer?.state === 'issued' && answer.badgeId !== null && standing === 'issued' && (
        <Id id={answer.badgeId} name="badge" />
      )}
      <Chip tone={tones[standing]}>{standing}</Chip>
    </li>
  );
});
