import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** What somebody wants to buy. */
export interface Order {
  readonly id: string;
  readonly item: string;
  /** In Pi, as the shop reckoned it; never what a browser says. */
  readonly amount: string;
  /** The Pi user who ordered. */
  readonly userUid: string;
  /** The payment that was approved for it. */
  readonly paymentId: string | null;
  readonly delivered: boolean;
}

/** Orders in a file. A real shop has a database: what matters is that each change is kept before anything is sent. */
export function openOrders(file: string) {
  const orders = new Map<string, Order>(read(file));
  function save(order: Order): Order {
    orders.set(order.id, order);
    writeFileSync(`${file}.new`, JSON.stringify([...orders]));
    renameSync(`${file}.new`, file);
    return order;
  }
  return {
    find: (id: string) => orders.get(id),
    all: () => [...orders.values()],
    add: (order: Pick<Order, 'item' | 'amount' | 'userUid'>) =>
      save({ ...order, id: randomUUID(), paymentId: null, delivered: false }),
    payBy: (order: Order, paymentId: string) => save({ ...order, paymentId }),
    /** True for exactly one call: there is no moment between looking and keeping in which another could come. */
    deliver(id: string): boolean {
      const order = orders.get(id);
      if (!order || order.delivered) return false;
      save({ ...order, delivered: true });
      return true;
    },
  };
}

export type Orders = ReturnType<typeof openOrders>;

function read(file: string): readonly [string, Order][] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as [string, Order][];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
