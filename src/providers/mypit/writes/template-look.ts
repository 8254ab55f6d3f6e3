import { UpstreamError } from '../../../errors.js';
import { isRefusedAlike } from '../../../unclear-ends.js';
import { sleep } from '../../../values/sleep.js';
import type { MyPitCaller } from '../client.js';
import { scan } from '../listing/scan.js';
import { openListings } from '../loaders.js';
import type { BadgeTemplate, TemplateInput } from '../model.js';
import type { Row } from '../wire-list.js';
import { begins, isSameName } from './made-objects.js';
import { aftermathCaller, type WriteContext } from './write-context.js';

/** All templates, as far as they could be read. */
export interface AllTemplates {
  readonly rows: readonly Row<BadgeTemplate>[];
  /** False when the scan was cut off: what is not among the rows may be there all the same. */
  readonly whole: boolean;
}

/** Reads the listing of templates. */
export async function readAll(context: WriteContext, caller: () => MyPitCaller): Promise<AllTemplates> {
  const rows: Row<BadgeTemplate>[] = [];
  const end = await scan(openListings(context.client, caller).templates, (row) => {
    rows.push(row);
  });
  return { rows, whole: end === 'ended' };
}

/** What two looks for a template that may have been made tell. */
interface Found {
  /** Ids of what the last look that succeeded found. */
  readonly candidates: readonly string[];
  /** Whether that is one, and nothing else can be it. */
  readonly certain: boolean;
  /** Whether two looks saw everything, and nothing new by this name; or the credential is let in nowhere. */
  readonly absent: boolean;
}

/** Two looks with a gap between them, or one that finds it for certain. */
export async function lookTwice(
  context: WriteContext,
  mayBeIt: (template: BadgeTemplate) => boolean,
  isOld: (id: string | null) => boolean,
  { name }: TemplateInput,
  cause: UpstreamError,
): Promise<Found> {
  let found: Found = { candidates: [], certain: false, absent: false };
  let absences = 0;
  for (const last of [false, true]) {
    if (last) await sleep(context.readbackDelayMs);
    try {
      const { rows, whole } = await readAll(context, () => aftermathCaller(context));
      const candidates = rows.flatMap(({ node }) =>
        node instanceof UpstreamError || !mayBeIt(node) ? [] : [node.templateId],
      );
      const suspects = rows.some(({ id, node }) => !isOld(id) && (node instanceof UpstreamError || node.name === name));
      if (whole && !suspects) absences += 1;
      found = { candidates, certain: whole && candidates.length === 1, absent: absences === 2 };
      if (found.certain) return found;
    } catch (error) {
      if (!(error instanceof UpstreamError)) throw error;
      if (isRefusedAlike(cause, error)) return { candidates: [], certain: false, absent: true };
    }
  }
  return found;
}

/** Whether a template is what was asked for, in everything that was sent. */
export function isLike(template: BadgeTemplate, input: TemplateInput): boolean {
  return (
    template.name === input.name &&
    template.type === input.type &&
    template.imageUrl === input.imageUrl &&
    (template.description ?? '') === input.description &&
    (template.criteria ?? '') === input.criteria &&
    (template.validityPeriodDays ?? 0) === input.validityPeriodDays &&
    (template.price ?? '0') === input.price
  );
}

/**
 * Whether a template that the upstream says to have made is what was asked for, as far as it shows it. Texts may be cut, and pictures
 * kept elsewhere.
 */
export function isAskedFor(template: BadgeTemplate, input: TemplateInput): boolean {
  const { name, type, description, criteria, validityPeriodDays, price } = template;
  return (
    isSameName(name, input.name) &&
    (type === 'UNKNOWN' || type === input.type) &&
    begins(description, input.description) &&
    begins(criteria, input.criteria) &&
    (validityPeriodDays === null || validityPeriodDays === input.validityPeriodDays) &&
    (price === null || Number(price) === Number(input.price))
  );
}
