import { UpstreamError, type CallFacts } from '../../errors.js';
import type { Call, CallScope, CircuitState, HttpClient } from '../../upstream/http.js';
import type { Logger } from '../../log.js';
import {
  toCreateHolderBody,
  toCreateTemplateBody,
  toDeleteHolderBody,
  toHolderIdBody,
  toIssueBody,
  toListBody,
  toTemplateIdBody,
  toUpdateHolderBody,
  toUpdateTemplateBody,
  type HolderData,
  type IssueBatch,
  type ListRequest,
  type TemplateData,
} from './bodies.js';
import type { MyPitFields } from './config.js';
import { refusal } from './errors.js';
import { parseBatchAnswer, type BatchOutcome } from './writes/issue-answer.js';
import { callOf, CHANGES } from '../call.js';
import { badResponse, same, understandJson, type Reading } from '../reading.js';
import { noErrorBody } from './body.js';
import type { BadgeTemplate, Holder, HolderInput, IssuedBadge, TemplateInput } from './model.js';
import { parseBadgeTemplate, parseHolder, parseId, parseIssuedBadge, parseSuccess } from './wire.js';
import { parseList, type ListPage } from './wire-list.js';

const READ_RETRIES = 2;

/** On whose behalf a call is made: the operation's scope and the credential with its acting user. */
export interface MyPitCaller {
  readonly scope: CallScope;
  readonly fields: MyPitFields;
}

/**
 * The OPEN API on the wire: its thirteen operations, each a single call that is understood and checked. No write is
 * sent twice by itself.
 */
export interface MyPitClient {
  readonly provider: string;
  readonly baseUrl: string;
  hello(caller: MyPitCaller): Promise<void>;
  /** The id of the new template. */
  createBadgeTemplate(caller: MyPitCaller, input: TemplateInput): Promise<string>;
  getAllBadgeTemplatesByOwnerId(caller: MyPitCaller, request: ListRequest): Promise<ListPage<BadgeTemplate>>;
  /** Rejects with `not_found` when there is none. */
  getASingleBadgeTemplate(caller: MyPitCaller, templateId: string): Promise<BadgeTemplate>;
  updateBadgeTemplate(caller: MyPitCaller, templateId: string, data: TemplateData): Promise<void>;
  deleteBadgeTemplate(caller: MyPitCaller, templateId: string): Promise<void>;
  /** The id of the new holder. */
  createHolder(caller: MyPitCaller, issuerDid: string, input: HolderInput): Promise<string>;
  updateHolder(caller: MyPitCaller, holderId: string, data: HolderData): Promise<void>;
  /** False when the upstream says that it did not. */
  deleteHolder(caller: MyPitCaller, holderId: string): Promise<boolean>;
  /**
   * Rejects with `not_found` when there is none. The upstream finds holders by its own id and by the integrator's: `by` says
   * which of the two has to be the one asked for; `any` leaves that to the caller.
   */
  getHolderById(caller: MyPitCaller, holderId: string, by?: 'own' | 'either' | 'any'): Promise<Holder>;
  getHolders(caller: MyPitCaller, request: ListRequest): Promise<ListPage<Holder>>;
  /** `marker` is put into each badge's data. */
  issueBadge(caller: MyPitCaller, batch: IssueBatch, marker: string): Promise<BatchOutcome>;
  getIssuedBadges(caller: MyPitCaller, request: ListRequest): Promise<ListPage<IssuedBadge>>;
  state(): CircuitState;
}

/** Speaks to the OPEN API through its HTTP client. */
export function createMyPitClient(http: HttpClient, log: Logger): MyPitClient {
  const send = <T>({ scope, fields }: MyPitCaller, call: OwnCall<T>): Promise<T> => {
    const facts: CallFacts = { provider: http.provider, operation: call.operation, credential: scope.credential };
    const write = call.effect === 'write';
    const reading: Reading = { facts, delivery: write ? 'unclear' : 'answered' };
    const { operation, method = 'POST', body, effect, subject } = call;
    return http.call<T>(
      callOf(
        {
          operation,
          method,
          path: `/${operation}`,
          body,
          effect,
          retries: write ? 0 : READ_RETRIES,
          subject,
          restsWith: write ? CHANGES : undefined,
        },
        { clientId: fields.clientId, secretKey: fields.secretKey },
        (answer) =>
          understandJson(answer, reading, (json) => call.understand(noErrorBody(json, answer, reading), reading)),
        (answer) => refusal(answer, facts, call.makes ?? effect),
      ),
      scope,
    );
  };

  const list = <T>(
    caller: MyPitCaller,
    operation: string,
    request: ListRequest,
    parse: (row: unknown, reading: Reading, at: readonly (string | number)[]) => T,
  ) =>
    send(caller, {
      operation,
      effect: 'read',
      body: toListBody(caller.fields.userId, request),
      understand(json, reading) {
        const page = parseList(json, reading, request.cursor, (row, at) => parse(row, reading, at));
        if (page.stuck) log.warn('mypit_listing_without_end', { operation });
        return page;
      },
    });

  /** One of the writes whose answer names the object that was acted on. */
  const act = (caller: MyPitCaller, operation: string, body: string, subject: string) =>
    send(caller, {
      operation,
      effect: 'write',
      body,
      subject,
      understand(json, reading) {
        if (parseId(json, reading) !== subject) throw badResponse(reading, 'identity_mismatch');
      },
    });
  const create = (caller: MyPitCaller, operation: string, body: string) =>
    send(caller, { operation, effect: 'write', makes: 'making', body, understand: parseId });

  return {
    provider: http.provider,
    baseUrl: http.baseUrl,
    hello: (caller) => send(caller, { operation: 'hello', method: 'GET', effect: 'read', understand: () => undefined }),
    createBadgeTemplate: (caller, input) =>
      create(caller, 'createBadgeTemplate', toCreateTemplateBody(caller.fields.userId, input)),
    getAllBadgeTemplatesByOwnerId: (caller, request) =>
      list(caller, 'getAllBadgeTemplatesByOwnerId', request, parseBadgeTemplate),
    getASingleBadgeTemplate: (caller, templateId) =>
      send(caller, {
        operation: 'getASingleBadgeTemplate',
        effect: 'read',
        body: toTemplateIdBody(caller.fields.userId, templateId),
        subject: templateId,
        understand: (json, reading) =>
          same(parseBadgeTemplate(json, reading), (template) => template.templateId === templateId, reading),
      }),
    updateBadgeTemplate: (caller, templateId, data) =>
      act(caller, 'updateBadgeTemplate', toUpdateTemplateBody(caller.fields.userId, templateId, data), templateId),
    deleteBadgeTemplate: (caller, templateId) =>
      act(caller, 'deleteBadgeTemplate', toTemplateIdBody(caller.fields.userId, templateId), templateId),
    createHolder: (caller, issuerDid, input) =>
      create(caller, 'createHolder', toCreateHolderBody(caller.fields.userId, issuerDid, input)),
    updateHolder: (caller, holderId, data) =>
      act(caller, 'updateHolder', toUpdateHolderBody(caller.fields.userId, holderId, data), holderId),
    deleteHolder: (caller, holderId) =>
      send(caller, {
        operation: 'deleteHolder',
        effect: 'write',
        body: toDeleteHolderBody(caller.fields.userId, holderId),
        subject: holderId,
        understand: parseSuccess,
      }),
    getHolderById: (caller, holderId, by = 'own') =>
      send(caller, {
        operation: 'getHolderById',
        effect: 'read',
        body: toHolderIdBody(caller.fields.userId, holderId),
        subject: holderId,
        understand: (json, reading) =>
          same(
            parseHolder(json, caller.fields.userId, reading),
            (holder) =>
              by === 'any' || holder.holderId === holderId || (by === 'either' && holder.externalId === holderId),
            reading,
          ),
      }),
    getHolders: (caller, request) =>
      list(caller, 'getHolders', request, (row, reading, at) => parseHolder(row, caller.fields.userId, reading, at)),
    issueBadge: (caller, batch, marker) =>
      send(caller, {
        operation: 'issueBadge',
        effect: 'write',
        makes: 'issuing',
        body: toIssueBody(caller.fields.userId, batch, marker),
        subject: batch.templateId,
        understand: (json, reading) => parseBatchAnswer(json, batch.recipientIds, reading),
      }),
    getIssuedBadges: (caller, request) => list(caller, 'getIssuedBadges', request, parseIssuedBadge),
    state: () => http.state(),
  };
}

/** A call before its address, errors and headers are known: a POST to its own name unless it says otherwise. */
interface OwnCall<T> extends Pick<Call<T>, 'operation' | 'effect' | 'body' | 'subject'> {
  readonly method?: 'GET';
  /** A write that nothing sends again by itself. */
  readonly makes?: 'making' | 'issuing';
  understand(json: unknown, reading: Reading): T;
}

/** A refusal that came as an answer: the upstream did not do what was asked. */
export function declined(facts: CallFacts): UpstreamError {
  return new UpstreamError('conflict', { ...facts, delivery: 'answered', detail: 'not done' });
}
