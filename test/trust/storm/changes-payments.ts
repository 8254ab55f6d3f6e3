import { piUsers } from '../../../src/sandbox/pi/users.js';
import { carriedOut } from './changes-pins.js';
import type { Change, Prepared, Result } from './changes.js';
import type { StormWorld } from './world.js';

interface WirePayment {
  readonly status: Readonly<Record<string, boolean>>;
  readonly transaction: { readonly txid: string } | null;
}
const wire = async (world: StormWorld, id: string): Promise<WirePayment> =>
  (await world.pi('GET', `/payments/${id}`)).json as WirePayment;
const has = (world: StormWorld, id: string, flag: string) => async () =>
  (await wire(world, id)).status[flag] === true ? 1 : 0;

/** A user's payment that they have paid. */
async function paid(world: StormWorld): Promise<string> {
  const id = await world.openPayment(world.tag());
  await world.pi('POST', `/payments/${id}/approve`, {});
  world.pass(8_000);
  return id;
}

const payload = 'payment { paymentId memo state }';
const isOf = ({ payment }: Result, { input }: Prepared): string[] => {
  const { paymentId } = input as { readonly paymentId?: string };
  return payment && paymentId !== undefined && payment.paymentId !== paymentId ? [`payment ${payment.paymentId}`] : [];
};
/** A change of a payment that is there; the flag says whether it has come about. */
function flagChange(
  name: string,
  flag: string,
  changes: Pick<Change, 'payload' | 'prepare'> & Partial<Change>,
): Change {
  return {
    name,
    service: 'pi',
    keys: 'no',
    adds: false,
    ...changes,
    faults: (result, prepared) => {
      const state = { developer_completed: 'COMPLETED', cancelled: 'CANCELLED' }[flag];
      const shown = result.payment?.state;
      return [
        ...isOf(result, prepared),
        ...(state && shown && result.action !== 'NONE' && changes.told === undefined && shown !== state
          ? [`state ${shown}`]
          : []),
      ];
    },
  };
}

export const paymentChanges: readonly Change[] = [
  {
    name: 'createPayment',
    service: 'pi',
    payload,
    keys: 'must',
    adds: true,
    once: true,
    madeId: (result) => result.payment?.paymentId,
    faults: (result, { input }) => {
      const { memo } = input as { readonly memo: string };
      return result.payment && result.payment.memo !== memo && result.payment.memo !== ''
        ? [`memo ${result.payment.memo}`]
        : [];
    },
    async prepare(world) {
      const memo = world.tag();
      const input = { userUid: piUsers.juniper.uid, amount: '0.25', memo, metadata: { memo } };
      return { input, effects: () => carriedOut(world, 'POST', memo) };
    },
  },
  flagChange('approvePayment', 'developer_approved', {
    payload: `${payload} first: alreadyApproved`,
    async prepare(world) {
      const id = await world.openPayment(world.tag());
      return { input: { paymentId: id }, effects: has(world, id, 'developer_approved') };
    },
  }),
  flagChange('completePayment', 'developer_completed', {
    payload: `${payload} first: alreadyCompleted`,
    async prepare(world) {
      const id = await paid(world);
      const { transaction } = await wire(world, id);
      const effects = has(world, id, 'developer_completed');
      return { input: { paymentId: id, txid: transaction?.txid }, effects };
    },
  }),
  flagChange('cancelPayment', 'cancelled', {
    payload,
    async prepare(world) {
      const id = await world.openPayment(world.tag());
      return { input: { paymentId: id }, effects: has(world, id, 'cancelled') };
    },
  }),
  flagChange('settlePayment', 'developer_completed', {
    payload: `${payload} action`,
    told: ({ action }) => (action === 'NONE' ? 'nothing' : 'done'),
    async prepare(world) {
      const id = await paid(world);
      return { input: { paymentId: id }, effects: has(world, id, 'developer_completed') };
    },
  }),
];
