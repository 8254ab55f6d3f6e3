import { UpstreamError } from '../../../errors.js';
import { believed, isForeignRefusal, openEnd, outcomeUnknown } from '../../../unclear-ends.js';
import { compareInstants, instantFromMillis, toMillis, type Instant } from '../../../values/instant.js';
import type { Attempt } from '../../../writes/writes.js';
import { typeWord, type TemplateData } from '../bodies.js';
import { change, lookForDeleted, type Sight } from './change.js';
import { isUnclear } from '../errors.js';
import type { BadgeTemplate, TemplateChanges, TemplateInput } from '../model.js';
import type { State } from './former-states.js';
import { changed, changedMeanwhile, readBase } from './update-base.js';
import { isAskedFor, isLike, lookTwice, readAll } from './template-look.js';
import {
  aftermathCaller,
  anotherObject,
  CLOCK_TOLERANCE_MS,
  factsOf,
  sendCaller,
  type WriteContext,
} from './write-context.js';

/** Templates made through the API have no colours, and an update wants some. */
const DEFAULT_BACKGROUND = '#FFFFFF';
const DEFAULT_TEXT = '#000000';

/**
 * Makes a template at most once and gives its id. Nothing marks a template as ours, so all of them are read before: after
 * an unclear end, or an answer about another one, the only new one that is like the one asked for is it. Where there are several, or
 * not all templates could be read, it may be any of those found, and the error names them.
 */
export async function createTemplate(context: WriteContext, input: TemplateInput, attempt: Attempt): Promise<string> {
  const before = await readAll(context, () => context.caller);
  const known = new Set(before.rows.map(({ id }) => id));
  await attempt.sent();
  try {
    const templateId = await context.client.createBadgeTemplate(sendCaller(context), input);
    const made = known.has(templateId) ? undefined : await readBack(context, templateId);
    if (known.has(templateId) || (made && !isAskedFor(made, input)))
      throw anotherObject(context, 'createBadgeTemplate');
    context.made.templates.set(templateId, made);
    return templateId;
  } catch (error) {
    if (!(error instanceof UpstreamError) || !isUnclear(error)) throw error;
    const mayBeIt = (template: BadgeTemplate) =>
      !known.has(template.templateId) &&
      isLike(template, input) &&
      (template.createdAt === null || toMillis(template.createdAt) >= attempt.startedAt - CLOCK_TOLERANCE_MS);
    const isOld = (id: string | null) => id !== null && known.has(id);
    const { candidates, certain, absent } = await lookTwice(context, mayBeIt, isOld, input, error);
    const [only] = candidates;
    if (only !== undefined && certain && before.whole) return only;
    if (isForeignRefusal(error) && absent) throw believed(error);
    const end = openEnd(factsOf(context, 'createBadgeTemplate'), error);
    throw end.endOpen === true && candidates.length === 0
      ? end
      : outcomeUnknown(factsOf(context, 'createBadgeTemplate'), error, candidates);
  }
}

/** A template just made, as the upstream has it, or as it was told to make it when it cannot be asked. */
export async function createdTemplate(
  context: WriteContext,
  templateId: string,
  input: TemplateInput,
): Promise<BadgeTemplate> {
  const { templates } = context.made;
  const shown = templates.has(templateId) ? templates.get(templateId) : await readBack(context, templateId);
  if (shown) return shown;
  return {
    ...input,
    templateId,
    typeWord: typeWord(input.type),
    validityPeriodDays: input.validityPeriodDays === 0 ? null : input.validityPeriodDays,
    backgroundColor: null,
    textColor: null,
    isActive: true,
    ownerId: context.caller.fields.userId,
    createdAt: null,
    updatedAt: null,
  };
}

async function readBack(context: WriteContext, templateId: string): Promise<BadgeTemplate | undefined> {
  try {
    return await context.client.getASingleBadgeTemplate(aftermathCaller(context), templateId);
  } catch (error) {
    if (error instanceof UpstreamError) return undefined;
    throw error;
  }
}

/** Changes the given fields of a template and leaves the others. Resolves with the template as it is then. */
export async function updateTemplate(
  context: WriteContext,
  templateId: string,
  changes: TemplateChanges,
  expectedUpdatedAt: Instant | undefined,
): Promise<BadgeTemplate> {
  const { client, caller } = context;
  const object = `template ${templateId}`;
  const read = () => client.getASingleBadgeTemplate(caller, templateId);
  const before = await readBase(context, 'updateBadgeTemplate', object, read, stateOf);
  if (expectedUpdatedAt && (before.updatedAt === null || compareInstants(before.updatedAt, expectedUpdatedAt) !== 0)) {
    throw changedMeanwhile(context, 'updateBadgeTemplate');
  }
  if (Object.keys(changes).length === 0) return before;
  const data = overlay(before, changes, Date.now());
  await change(context, {
    operation: 'updateBadgeTemplate',
    send: (sender) => client.updateBadgeTemplate(sender, templateId, data),
    look: async (reader) => (shows(await client.getASingleBadgeTemplate(reader, templateId), data) ? 'done' : 'open'),
  });
  changed(context, object, stateOf(before), fieldsOf(data));
  return readAfter(context, before, data, changes);
}

/** Resolves when the template is gone; rejects with `not_found` when it was not there to begin with. */
export async function deleteTemplate(context: WriteContext, templateId: string): Promise<void> {
  const { client } = context;
  await change(context, {
    operation: 'deleteBadgeTemplate',
    send: (sender) => client.deleteBadgeTemplate(sender, templateId),
    // Whether deleting removes a template or switches it off is not documented.
    look: (reader) =>
      lookForDeleted(
        client.getASingleBadgeTemplate(reader, templateId).then(({ isActive }): Sight => (isActive ? 'open' : 'done')),
      ),
  });
}

function stateOf(template: BadgeTemplate): State {
  return { fields: fieldsOf(overlay(template, {}, 0)), changedAt: template.updatedAt?.text ?? null };
}

/** What tells one state of a template from another: `updatedAt` the upstream may set by itself. */
function fieldsOf(data: TemplateData): State['fields'] {
  return { ...data, updatedAt: null };
}

/** An update replaces everything: what is not changed is sent again as it was read. */
function overlay(before: BadgeTemplate, changes: TemplateChanges, updatedAt: number): TemplateData {
  return {
    name: changes.name ?? before.name,
    typeWord: changes.type === undefined ? before.typeWord : typeWord(changes.type),
    description: changes.description ?? before.description ?? '',
    criteria: changes.criteria ?? before.criteria ?? '',
    validityPeriodDays: changes.validityPeriodDays ?? before.validityPeriodDays ?? 0,
    imageUrl: changes.imageUrl ?? before.imageUrl,
    backgroundColor: changes.backgroundColor ?? before.backgroundColor ?? DEFAULT_BACKGROUND,
    textColor: changes.textColor ?? before.textColor ?? DEFAULT_TEXT,
    price: changes.price ?? before.price ?? '0',
    updatedAt,
  };
}

function shows(template: BadgeTemplate, data: TemplateData): boolean {
  const now = overlay(template, {}, data.updatedAt);
  return JSON.stringify(now) === JSON.stringify(data);
}

/**
 * The template as the upstream has it after an update; as it was told to have it when it cannot be asked, or a replica that lags behind
 * shows what was there before.
 */
async function readAfter(
  context: WriteContext,
  before: BadgeTemplate,
  data: TemplateData,
  changes: TemplateChanges,
): Promise<BadgeTemplate> {
  try {
    const after = await context.client.getASingleBadgeTemplate(aftermathCaller(context), before.templateId);
    const old = overlay(before, {}, data.updatedAt);
    if (shows(before, data) || !shows(after, old)) return after;
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
  }
  const { updatedAt, validityPeriodDays, ...rest } = data;
  return {
    ...before,
    ...rest,
    type: changes.type ?? before.type,
    validityPeriodDays: validityPeriodDays === 0 ? null : validityPeriodDays,
    updatedAt: instantFromMillis(updatedAt),
  };
}
