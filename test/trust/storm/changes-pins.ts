import type { Change, Prepared, Result } from './changes.js';
import type { StormWorld } from './world.js';

/** How many writes with this tag in them the upstream has carried out. */
export function carriedOut({ weather }: StormWorld, method: string, tag: string): number {
  const text = JSON.stringify(tag);
  return weather.exchanges.filter(
    ({ asked, done }) => done && asked.request.method === method && asked.request.body.includes(text),
  ).length;
}

/** Puts a pin there behind the gateway's back, and gives its id. */
export async function putPin(world: StormWorld, name: string): Promise<string> {
  const { json } = await world.pinning('POST', '/pins', { cid: world.cid(), name });
  return (json as { requestid: string }).requestid;
}

const shows = ({ pin }: Result, { input }: Prepared, excused: ReadonlySet<string>): string[] => {
  const asked = input as { readonly cid: string; readonly name: string };
  if (!pin) return [];
  const wrongName = pin.name !== asked.name && !excused.has('name');
  return [...(wrongName ? [`name ${pin.name}`] : []), ...(pin.cid === asked.cid ? [] : [`cid ${pin.cid}`])];
};
const pin = 'pin { requestId name cid status }';

export const pinChanges: readonly Change[] = [
  {
    name: 'addPin',
    service: 'pinning',
    payload: pin,
    keys: 'may',
    adds: true,
    madeId: (result) => result.pin?.requestId,
    faults: shows,
    async prepare(world) {
      const name = world.tag();
      return { input: { cid: world.cid(), name }, effects: () => carriedOut(world, 'POST', name) };
    },
  },
  {
    name: 'replacePin',
    service: 'pinning',
    payload: pin,
    keys: 'may',
    adds: true,
    madeId: (result) => result.pin?.requestId,
    faults: shows,
    async prepare(world) {
      const [old, name] = [world.tag(), world.tag()];
      const requestId = await putPin(world, old);
      return { input: { requestId, cid: world.cid(), name }, effects: () => carriedOut(world, 'POST', name) };
    },
  },
  {
    name: 'removePin',
    service: 'pinning',
    payload: 'removedRequestId',
    keys: 'no',
    adds: false,
    async prepare(world) {
      const requestId = await putPin(world, world.tag());
      return {
        input: { requestId },
        effects: async () => ((await world.pinning('GET', `/pins/${requestId}`)).status === 404 ? 1 : 0),
      };
    },
  },
];
