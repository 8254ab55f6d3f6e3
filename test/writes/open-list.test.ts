import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/log.js';
import { createMemoryState } from '../../src/state/memory.js';
import { createOpenList } from '../../src/writes/open-list.js';

const entry = (name: string) => ({ recordKey: name, marker: `m-${name}`, provider: 'pi', operation: 'createPayment' });
const DOCUMENTS = Array.from({ length: 8 }, (_none, part) => `open:${part}`);

async function withEach(text: string) {
  const { records } = createMemoryState();
  for (const document of DOCUMENTS) await records.create(document, text, 1e9);
  return createOpenList(records, silentLogger);
}

describe('the list of open writes', () => {
  it.each([
    ['no JSON', '{'],
    ['no list', '{"recordKey":"a"}'],
    ['null', 'null'],
  ])('goes on where a document of it is %s', async (_what, text) => {
    const list = await withEach(text);
    expect(await list.entries()).toEqual([]);
    await list.add(entry('a'));
    expect(await list.entries()).toEqual([entry('a')]);
  });

  it('leaves out what is no entry, and keeps the others', async () => {
    const list = await withEach(JSON.stringify([null, 7, { recordKey: 'half' }, entry('b')]));
    expect(await list.entries()).toEqual(DOCUMENTS.map(() => entry('b')));
    await list.remove('b');
    await list.add(entry('a'));
    expect((await list.entries()).filter(({ recordKey }) => recordKey === 'a')).toEqual([entry('a')]);
  });
});
