import { PinPageDocument, PinUpdatesDocument } from '../../generated/graphql.ts';
import { noAnswer } from '../../shared/explain.ts';
import { createEvents } from './events.ts';

/** Shows the newest pins and what becomes of them. */
async function follow(url: string, key: string): Promise<void> {
  const run = createEvents(url, key, () => say(noAnswer('No answer')));
  const items = new Map<string, HTMLLIElement>();
  for await (const { pins } of run(PinPageDocument, { first: 5 })) {
    say('');
    for (const { node } of pins?.edges ?? []) {
      if (node) items.set(node.requestId, addItem(node.name ?? node.requestId, node.status));
    }
  }
  for await (const { pinUpdates } of run(PinUpdatesDocument, { requestIds: [...items.keys()] })) {
    say('');
    const item = items.get(pinUpdates?.requestId ?? '');
    if (pinUpdates?.status === 'REMOVED') item?.remove();
    else if (item && pinUpdates) item.dataset['status'] = pinUpdates.status;
  }
  say('all are done');
}

function addItem(name: string, status: string): HTMLLIElement {
  const item = document.createElement('li');
  item.textContent = name;
  item.dataset['status'] = status;
  document.querySelector('ul')?.append(item);
  return item;
}

function say(text: string): void {
  const output = document.querySelector('output');
  if (output) output.value = text;
}

const form = document.querySelector('form');
form?.addEventListener('submit', (event) => {
  event.preventDefault();
  const given = new FormData(form);
  const text = (name: string) => {
    const value = given.get(name);
    return typeof value === 'string' ? value : '';
  };
  form.remove();
  follow(text('url'), text('key')).catch((error: unknown) => say(String(error)));
});
