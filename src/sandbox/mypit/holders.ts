import { Refusal, type Route } from '../routes.js';
import { listing, missing, native, operation, type Account } from './account.js';
import { idIn, object, optional, text } from './arguments.js';
import { newId } from './ids.js';
import type { HolderRecord } from './records.js';

interface HolderRequest {
  readonly holderID: string;
  readonly issuerId: string;
}

/** The operations on holders. One is read by its own id or by the integrator's, and changed by its own alone. */
export function holderRoutes(account: Account): Route[] {
  const { holders, clock } = account;
  const byId = { holderID: idIn('holders'), issuerId: text };
  const find = (id: string): HolderRecord => holders.get(id) ?? missing('Holder');

  return [
    listing(account, 'getHolders', holders, native),
    operation<{ userId: string; holderId: string }>(
      account,
      'getHolderById',
      { userId: text, holderId: text },
      ({ holderId }) => holders.find((row) => row.holderId === holderId) ?? find(holderId),
    ),
    operation<{ issuerId: string; issuerDid: string; data: Omit<HolderRecord, '_id' | '_creationTime' | 'issuerDid'> }>(
      account,
      'createHolder',
      {
        issuerDid: text,
        issuerId: text,
        data: object({
          name: text,
          email: text,
          phone: text,
          ownerId: text,
          memo: optional(text),
          holderDid: text,
          holderId: text,
        }),
      },
      ({ issuerDid, data }) => {
        if (holders.find((row) => row.holderDid === data.holderDid))
          throw new Refusal(409, 'exists', 'a holder with this DID exists');
        const row: HolderRecord = { ...data, issuerDid, _id: newId('holders'), _creationTime: clock.now() };
        holders.insert(row);
        return { _id: row._id };
      },
    ),
    operation<HolderRequest & { readonly data: Partial<HolderRecord> }>(
      account,
      'updateHolder',
      {
        ...byId,
        data: object({ name: text, email: text, phone: text }),
      },
      ({ holderID, data }) => {
        holders.update(find(holderID)._id, data);
        return { _id: holderID };
      },
    ),
    operation<HolderRequest>(account, 'deleteHolder', byId, ({ holderID }) => {
      holders.remove(find(holderID)._id);
      return { success: true };
    }),
  ];
}
