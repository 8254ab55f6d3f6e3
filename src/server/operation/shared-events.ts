import { randomUUID } from 'node:crypto';
import { execute, type ExecutionArgs } from 'graphql';
import { jsonText } from '../../values/json-text.js';
import { createCallerNames, nameFields } from './caller-name.js';
import type { CredentialHeaders, HeaderReader } from '../options.js';
import type { Outcome } from './outcome.js';

/** Executes one stream's operation on an event. Throws and rejects with what execution throws. */
export type RunEvent = (event: unknown) => Outcome | Promise<Outcome>;

/** Makes what executes the events of one stream, for a caller whose headers these are. */
export type EventRuns = (args: ExecutionArgs, header: HeaderReader) => RunEvent;

/**
 * Executes each event with a context of its own, where there is one to be had, so that no loader outlives the event that filled
 * it. Where many streams get one event, those that ask the same with the same credentials share one execution, if it
 * need not wait for anything and does not fail: what waits may end with the caller who began it, and errors name the
 * request that they belong to.
 */
export function createEventRuns(
  contextPerEvent: ((context: object) => object) | undefined,
  credentials: CredentialHeaders,
): EventRuns {
  const nameCaller = createCallerNames(credentials);
  const fresh = contextPerEvent ?? ((context) => context);
  const outcomes = new WeakMap<object, Map<string, Outcome>>();

  function outcomesOf(event: unknown): Map<string, Outcome> | undefined {
    if (contextPerEvent === undefined || typeof event !== 'object' || event === null) return undefined;
    let known = outcomes.get(event);
    if (known === undefined) outcomes.set(event, (known = new Map()));
    return known;
  }

  return (args, header) => {
    const audience = nameAudience(args, nameCaller(header));
    return (event) => {
      const shared = outcomesOf(event);
      const known = shared?.get(audience);
      if (known !== undefined) return known;
      const { schema, document, variableValues, operationName } = args;
      const contextValue = fresh(Object(args.contextValue));
      const result = execute({ schema, document, rootValue: event, contextValue, variableValues, operationName });
      if ('then' in result) return result.then((settled) => ({ result: settled }));
      const outcome: Outcome = { result };
      if (result.errors === undefined) shared?.set(audience, outcome);
      return outcome;
    };
  };
}

/** Equal for equal operations with equal variables from callers with equal credentials, as far as the document's text is known. */
function nameAudience({ document: { loc }, operationName, variableValues }: ExecutionArgs, caller: string): string {
  const variables = jsonText(variableValues ?? null);
  if (loc === undefined || variables === undefined) return randomUUID();
  return nameFields([caller, loc.source.body, operationName ?? null, variables]);
}
