import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** A signed transaction. There is no key in it: who has it can only send this one payment. */
export interface SignedPayout {
  readonly paymentId: string;
  readonly txid: string;
  readonly envelope: string;
  /** Epoch seconds; afterwards the ledger does not take it. */
  readonly validUntil: number;
  /** How many were signed before it for the same payment. */
  readonly place: number;
}

/**
 * Signed transactions on disk, written before they are sent: whoever starts again sends the same one, and never signs a second
 * while the first may still be taken. Each has a place of its own, which is filled once and never emptied: of two programs that both
 * see the first one's time over, the slower finds the second one there, and does not sign a third.
 */
export function keptPayouts(folder: string) {
  const fileOf = (paymentId: string, place: number) => join(folder, `${encodeURIComponent(paymentId)}.${place}.json`);
  async function find(paymentId: string, place: number): Promise<SignedPayout | undefined> {
    try {
      return JSON.parse(await readFile(fileOf(paymentId, place), 'utf8')) as SignedPayout;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  return {
    find,
    /** Keeps it, unless another process was quicker: then that one's counts. */
    async keep(signed: SignedPayout): Promise<SignedPayout> {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const { paymentId, place } = signed;
      const draft = `${fileOf(paymentId, place)}.${process.pid}.${signed.txid}`;
      const file = await open(draft, 'w', 0o600);
      await file.writeFile(JSON.stringify(signed));
      await file.sync();
      await file.close();
      try {
        await link(draft, fileOf(paymentId, place));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      } finally {
        await rm(draft, { force: true });
      }
      return (await find(paymentId, place)) ?? signed;
    },
  };
}

export type KeptPayouts = ReturnType<typeof keptPayouts>;
