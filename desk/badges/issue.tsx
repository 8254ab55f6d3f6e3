import { useState, type DragEvent } from 'react';
import { countOf } from '../format.js';
import { Dialog } from '../parts/dialog.js';
import { Refusal } from '../parts/refusal.js';
import { Section } from '../parts/small.js';
import { useSession } from '../session.js';
import type { Template } from './badges.js';
import { issuing, useIssuing } from './issue-store.js';
import { Holding } from './holding.js';
import { Outcome } from './outcome.js';

/** Issues badges to a list: choose, paste or drop, check, confirm; every row gets an answer. */
export function Issue({ templates }: { readonly templates: readonly Template[] }) {
  const { graph } = useSession();
  const { text, templateId, rows, lookedAtAll, checking, running, fault, answers } = useIssuing();
  const [asking, setAsking] = useState(false);
  const template = templates.find((one) => one.templateId === templateId);
  const [leaveOut, setLeaveOut] = useState(false);
  const good = rows?.filter((row) => row.fault === undefined) ?? [];
  const holding = good.filter(({ heldSince }) => heldSince !== undefined);
  const usable = good.length;
  const going = leaveOut ? usable - holding.length : usable;
  // Once all have theirs, sending the list again would do nothing.
  const undone = good.some(({ holderId }) => answers.get(holderId)?.state !== 'issued');
  const locked = running || checking;
  const missing = [template === undefined && 'choose a template', text.trim() === '' && 'say who gets it'].filter(
    (one) => one !== false,
  );
  return (
    <>
      <Section title="What, and to whom">
        <label className="field">
          Template
          <select
            value={templateId}
            disabled={locked}
            onChange={(event) => issuing.edit({ templateId: event.target.value })}
          >
            <option value="">Choose a template</option>
            {templates
              .filter(({ isActive }) => isActive !== false)
              .map((one) => (
                <option key={one.templateId} value={one.templateId}>
                  {one.name}
                </option>
              ))}
          </select>
        </label>
        <ListField text={text} locked={locked} />
        <div className="buttons">
          <button
            type="button"
            className={rows === undefined ? 'primary' : undefined}
            disabled={locked || missing.length > 0}
            aria-describedby={missing.length > 0 ? 'missing' : undefined}
            onClick={() => void issuing.check(graph)}
          >
            {checking ? 'Looking the people up…' : 'Check the list'}
          </button>
          {rows !== undefined && (
            <button
              type="button"
              className={undone ? 'primary' : undefined}
              disabled={locked || usable === 0 || template === undefined}
              onClick={() => {
                setLeaveOut(false);
                setAsking(true);
              }}
            >
              {answers.size === 0 ? `Issue ${countOf(usable, 'badge')}` : 'Send the list again'}
            </button>
          )}
          {running && (
            <button type="button" onClick={issuing.stop}>
              Stop
            </button>
          )}
          {rows !== undefined && !running && (
            <button type="button" className="quiet" onClick={issuing.startAnew}>
              New batch
            </button>
          )}
        </div>
        {missing.length > 0 && (
          <p id="missing" className="fine">
            Before the list can be checked, {missing.join(' and ')}.
          </p>
        )}
      </Section>
      {fault !== undefined && <Refusal refusal={fault} />}
      <Outcome />
      {asking && template !== undefined && (
        <Dialog
          title={`Issue ${countOf(going, 'badge')}?`}
          confirm={going === 1 ? 'Issue it' : 'Issue them'}
          onConfirm={() => {
            setAsking(false);
            void issuing.issue(graph, template.name, leaveOut);
          }}
          onClose={() => setAsking(false)}
        >
          <p className="question">
            <strong>{template.name}</strong> to <strong>{countOf(going, 'person', 'people')}</strong>
            {template.price && template.price !== '0' && <span className="fine">price of one: {template.price}</span>}
          </p>
          <Holding holding={holding} whole={lookedAtAll} leaveOut={leaveOut} change={setLeaveOut} />
          <p>Within this batch nobody gets a second one, however often it is sent.</p>
        </Dialog>
      )}
    </>
  );
}

function ListField({ text, locked }: { readonly text: string; readonly locked: boolean }) {
  const [over, setOver] = useState(false);
  const read = async (file: File | null | undefined) => {
    if (file) issuing.edit({ text: await file.text() });
  };
  const dropped = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    void read(event.dataTransfer.files.item(0));
  };
  return (
    <div
      className={over ? 'drop over' : 'drop'}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <label className="field" htmlFor="list">
        People, one a line
      </label>
      <textarea
        id="list"
        rows={6}
        spellCheck={false}
        disabled={locked}
        value={text}
        aria-describedby="list-hint"
        onChange={(event) => issuing.edit({ text: event.target.value })}
      />
      <p id="list-hint" className="fine">
        Paste or drop CSV. With names in the first line, the column recipient (or holderId, externalId, uid) says who,
        and the others are kept with the badge.
      </p>
      <label className="file">
        Choose a file
        <input
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          disabled={locked}
          onChange={(event) => void read(event.target.files?.item(0))}
        />
      </label>
    </div>
  );
}
