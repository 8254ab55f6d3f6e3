/** How a pin gets on: a function of the time that has passed, so that nothing has to run in between. */
export interface Course {
  /** Milliseconds in the queue. */
  readonly queueMs: number;
  /** Milliseconds at each quarter of the fetch. */
  readonly stepMs: number;
  /** Why it fails half way; null when all goes well. */
  readonly failure: string | null;
}

export type Phase =
  | { readonly status: 'queued' }
  | { readonly status: 'pinning'; readonly percent: number }
  | { readonly status: 'pinned' }
  | { readonly status: 'failed'; readonly failure: string };

export type PinStatus = Phase['status'];
export const pinStatuses = ['queued', 'pinning', 'pinned', 'failed'] as const satisfies readonly PinStatus[];

/** Where a fetch stands when its steps begin; one that fails gets through the first two of them. */
const PERCENTS = [25, 50, 75] as const;

/**
 * The course of a newly added pin: two seconds in the queue, then three steps of a second each. The name steers it:
 * one that holds `slow` waits for a minute, one that holds `fail` fails after the second step.
 */
export function courseOf(name: string | undefined): Course {
  const hint = (name ?? '').toLowerCase();
  return {
    queueMs: hint.includes('slow') ? 60_000 : 2_000,
    stepMs: 1_000,
    failure: hint.includes('fail') ? 'No peer offered this content in time' : null,
  };
}

/** Where a pin stands after so many milliseconds; `speed` shortens every wait by that factor. */
export function phaseAt(course: Course, elapsedMs: number, speed: number): Phase {
  const queueMs = course.queueMs / speed;
  if (elapsedMs < queueMs) return { status: 'queued' };
  const steps = course.failure === null ? PERCENTS : PERCENTS.slice(0, 2);
  const stepMs = course.stepMs / speed;
  const reached = steps.find((_, step) => elapsedMs < queueMs + (step + 1) * stepMs);
  if (reached !== undefined) return { status: 'pinning', percent: reached };
  return course.failure === null ? { status: 'pinned' } : { status: 'failed', failure: course.failure };
}
