import { UpstreamError } from '../../errors.js';
import { callScope, type OperationScope, type ProviderDeps } from '../provider.js';
import type { MyPitCaller, MyPitClient } from './client.js';
import type { FormerStates } from './writes/former-states.js';
import type { IssueMemory } from './writes/issue-memory.js';
import { findIssued, issueBadges, issuedSince } from './writes/issue.js';
import { createMadeObjects } from './writes/made-objects.js';
import type { IssueContext } from './writes/write-context.js';
import { createdHolder, createHolder, deleteHolder, updateHolder } from './writes/holder-writes.js';
import type { ListSizes } from './listing/list-sizes.js';
import { createMyPitLoaders, openListings } from './loaders.js';
import {
  badgeFilter,
  type BadgeTemplate,
  type Holder,
  type IssuedBadge,
  type Listing,
  type ListPosition,
} from './model.js';
import { readListing, type GivenUp } from './listing/pager.js';
import type { MyPitCredential, MyPitSession } from './session.js';
import { createdTemplate, createTemplate, deleteTemplate, updateTemplate } from './writes/template-writes.js';
import { checkExternalId, checkId } from './validate.js';
import type { ListPages } from './listing/scan.js';

/** What sessions are made from; the memories are shared by all of them and hold no personal data. */
export interface SessionParts {
  readonly client: MyPitClient;
  readonly sizes: ListSizes;
  readonly memory: IssueMemory;
  readonly former: FormerStates;
  readonly deps: Pick<ProviderDeps, 'log' | 'readbackDelayMs' | 'upstreamTimeoutMs' | 'writeTimeoutMs' | 'stopping'>;
}

/** Opens the OPEN API with one credential for one operation. */
export function openMyPitSession(
  { client, sizes, memory, former, deps }: SessionParts,
  credential: MyPitCredential,
  operation: OperationScope,
): MyPitSession {
  const caller: MyPitCaller = { scope: callScope(operation, credential), fields: credential.fields };
  const loaders = createMyPitLoaders(client, caller, sizes);
  const listings = openListings(client, () => caller);
  const byExternal = new Map<string, Promise<Holder | null>>();
  const context: IssueContext = {
    client,
    caller,
    memory,
    sizes,
    readbackDelayMs: deps.readbackDelayMs,
    upstreamTimeoutMs: deps.upstreamTimeoutMs,
    writeTimeoutMs: deps.writeTimeoutMs,
    log: deps.log,
    made: createMadeObjects(),
    former,
    stopping: () => deps.stopping?.() ?? false,
  };

  const page = async <T>(
    list: ListPages<T>,
    loader: Primable<T>,
    first: number,
    after: ListPosition | null,
    keep?: (node: T) => boolean,
  ): Promise<Listing<T>> => {
    const failure = (why: GivenUp) =>
      new UpstreamError(why === 'stuck' ? 'bad_response' : 'lookup_limit', {
        provider: client.provider,
        operation: 'listing',
        credential: credential.source,
        delivery: 'answered',
        ...(why === 'stuck' && { reason: 'pagination_stuck' }),
      });
    const listing = await readListing(list, first, after, failure, keep);
    for (const { id, node } of listing.edges)
      if (id !== null && !(node instanceof UpstreamError)) loader.prime(id, node);
    return listing;
  };
  /** Later reads of this operation see what a write left behind. */
  const forgetting = async <T>(loader: { clear(id: string): unknown }, id: string, write: Promise<T>): Promise<T> => {
    try {
      return await write;
    } finally {
      loader.clear(id);
    }
  };

  const byExternalId = (externalId: string): Promise<Holder | null> => {
    const reading =
      byExternal.get(externalId) ??
      ownHolder(client, caller, externalId).catch((error: unknown) => {
        byExternal.delete(externalId);
        throw error;
      });
    byExternal.set(externalId, reading);
    return reading;
  };

  /** Both ids of a holder: badges name their recipients by either. */
  const namesOf = async (id: string | undefined): Promise<ReadonlySet<string>> => {
    if (id === undefined) return new Set();
    const holder = await loaders.holderById.load(id);
    return new Set([id, ...(holder ? [holder.holderId, holder.externalId ?? id] : [])]);
  };

  return {
    fingerprint: credential.fingerprint,
    async template(templateId) {
      checkId(templateId, 'templateId');
      return loaders.templateById.load(templateId);
    },
    async holder(holderId) {
      checkId(holderId, 'holderId');
      return loaders.holderById.load(holderId);
    },
    recipient: (recipientId) => loaders.holderById.load(recipientId),
    async holderByExternalId(externalId) {
      checkExternalId(externalId, 'externalId');
      return byExternalId(externalId);
    },
    holderOfUser: byExternalId,
    async issuedBadge(badgeId) {
      checkId(badgeId, 'badgeId');
      return loaders.issuedBadgeById.load(badgeId);
    },
    templates: (first, after) => page<BadgeTemplate>(listings.templates, loaders.templateById, first, after),
    holders: (first, after) => page<Holder>(listings.holders, loaders.holderById, first, after),
    async issuedBadges(first, after, filter) {
      const keep = filter && badgeFilter(filter, await namesOf(filter.recipientId));
      return page<IssuedBadge>(listings.issuedBadges, loaders.issuedBadgeById, first, after, keep);
    },
    createTemplate: (input, attempt) => createTemplate(context, input, attempt),
    createdTemplate: (templateId, input) => createdTemplate(context, templateId, input),
    async updateTemplate(templateId, changes, expectedUpdatedAt) {
      checkId(templateId, 'input.templateId');
      return forgetting(
        loaders.templateById,
        templateId,
        updateTemplate(context, templateId, changes, expectedUpdatedAt),
      );
    },
    async deleteTemplate(templateId) {
      checkId(templateId, 'input.templateId');
      return forgetting(loaders.templateById, templateId, deleteTemplate(context, templateId));
    },
    createHolder: (input, attempt) => createHolder(context, input, attempt),
    createdHolder: (holderId, input) => createdHolder(context, holderId, input),
    async updateHolder(holderId, changes) {
      checkId(holderId, 'input.holderId');
      return forgetting(loaders.holderById, holderId, updateHolder(context, holderId, changes));
    },
    async deleteHolder(holderId) {
      checkId(holderId, 'input.holderId');
      return forgetting(loaders.holderById, holderId, deleteHolder(context, holderId));
    },
    issue: (input, attempt) => issueBadges(context, input, attempt),
    findIssued: (input, attempt) => findIssued(context, input, attempt),
    issuedSince: (input, told, attempt) => issuedSince(context, input, told, attempt),
  };
}

interface Primable<T> {
  prime(id: string, value: T): unknown;
}

/** A uid is no id of the upstream's own, and it may refuse it as such: that too means that there is no such holder. */
async function ownHolder(client: MyPitClient, caller: MyPitCaller, uid: string): Promise<Holder | null> {
  try {
    const holder = await client.getHolderById(caller, uid, 'any');
    // Found by its own id, which happens to be the same text, it is somebody else's.
    return holder.externalId === uid || (holder.externalId === null && holder.holderId !== uid) ? holder : null;
  } catch (error) {
    if (error instanceof UpstreamError && (error.kind === 'not_found' || error.kind === 'rejected')) return null;
    throw error;
  }
}
