import DataLoader from 'dataloader';
import { invalidInput, UpstreamError, type CredentialSource } from '../../errors.js';
import { parseCid, type ParsedCid } from '../../values/cid.js';
import { allRows, listingOf } from './listing/all-rows.js';
import { batchCids, spellingsOf } from './listing/list-query.js';
import type { ListedPin, ListPins } from './listing/listing.js';
import type { Pin } from './model.js';
import { newestFirst, saysNone, pinsIn } from './writes/read-back.js';
import { asError } from '../../values/as-error.js';

/** The reads of one operation with one credential. */
export interface PinLoaders {
  /** Null when there is none. */
  pinById(requestId: string): Promise<Pin | null>;
  pinsOfCid(cid: string): Promise<readonly Pin[]>;
  /** Spares the call for a pin that came with a listing. */
  prime(pin: Pin): void;
  forget(requestId: string): void;
}

/** What the loaders ask with. */
export interface PinReads {
  readonly provider: string;
  readonly baseUrl: string;
  readonly credential: CredentialSource;
  readonly list: ListPins;
  /** Rejects with `not_found` when there is none. */
  get(requestId: string): Promise<Pin>;
  /** Told of each pin that `get` brought. */
  seen(pin: Pin): void;
}

/** Made for each operation and thrown away with it: nothing read with one credential is ever seen with another. */
export function createPinLoaders(reads: PinReads): PinLoaders {
  return new OperationPins(reads);
}

class OperationPins implements PinLoaders {
  /** Each id is read once; together they could not be, since the protocol reads one at a time. */
  readonly #byId = new Map<string, Promise<Pin | null>>();
  #byCid: DataLoader<ParsedCid, readonly Pin[], string> | undefined;
  /** Pins that came with listings; they are sorted in when somebody asks by id, which few operations do. */
  #listed: Pin[] | undefined;

  constructor(private readonly reads: PinReads) {}

  pinById(id: string): Promise<Pin | null> {
    this.#primeListed();
    let read = this.#byId.get(id);
    if (read === undefined) this.#byId.set(id, (read = this.#readOne(id)));
    return read;
  }

  async pinsOfCid(text: string): Promise<readonly Pin[]> {
    const { baseUrl } = this.reads;
    const cid = parseCid(text);
    if (!cid) throw invalidInput('cid', 'is not a CID');
    // Alone it must fit; what fits together is found out per batch.
    batchCids(baseUrl, [cid], listingOf([]), 'cid');
    const byCid = (this.#byCid ??= createByCid(this.reads));
    try {
      const pins = await byCid.load(cid);
      for (const pin of pins) this.prime(pin);
      return pins;
    } catch (error) {
      byCid.clear(cid);
      throw error;
    }
  }

  prime(pin: Pin): void {
    (this.#listed ??= []).push(pin);
  }

  forget(id: string): void {
    this.#primeListed();
    this.#byId.delete(id);
  }

  #primeListed(): void {
    if (this.#listed === undefined) return;
    for (const pin of this.#listed)
      if (!this.#byId.has(pin.requestId)) this.#byId.set(pin.requestId, Promise.resolve(pin));
    this.#listed = undefined;
  }

  /** All that follows the answer in one step: each further one would cost every read of a pin another promise. */
  #readOne(id: string): Promise<Pin | null> {
    return this.reads.get(id).then(
      (pin) => {
        this.reads.seen(pin);
        return pin;
      },
      (error: unknown) => {
        if (saysNone(error)) return null;
        this.#byId.delete(id);
        throw error;
      },
    );
  }
}

function createByCid(reads: PinReads): DataLoader<ParsedCid, readonly Pin[], string> {
  return new DataLoader<ParsedCid, readonly Pin[], string>(
    async (cids) => {
      const batches = batchCids(reads.baseUrl, cids, listingOf([]), 'cid');
      const answers = await Promise.all(batches.map((batch) => readBatch(reads, batch)));
      const rowsByKey = new Map(answers.flatMap((answer) => [...answer]));
      return cids.map((cid) => rowsByKey.get(cid.key) ?? []);
    },
    { cacheKeyFn: (cid) => cid.key },
  );
}

/** The pins of each CID of one batch by its key, or why they are not known; one batch's failure leaves the others alone. */
async function readBatch(
  reads: PinReads,
  batch: readonly ParsedCid[],
): Promise<ReadonlyMap<string, readonly Pin[] | Error>> {
  try {
    const facts = { provider: reads.provider, operation: 'getPins', credential: reads.credential };
    const { rows } = await allRows(reads.list, spellingsOf(batch), facts);
    return new Map(batch.map((cid) => [cid.key, pinsOrFault(rows, cid.key)]));
  } catch (error) {
    return new Map(batch.map((cid) => [cid.key, asError(error)]));
  }
}

/** A row that cannot be read spoils the list that it belongs to; when that cannot be told, every list of the batch. */
function pinsOrFault(rows: readonly ListedPin[], key: string): readonly Pin[] | Error {
  const own = rows.filter((row) => row.cidKey === key || row.cidKey === null || row.cidKey === undefined);
  const fault = own.find((row) => row.pin instanceof UpstreamError)?.pin;
  return fault instanceof UpstreamError ? fault : newestFirst(pinsIn(own));
}
