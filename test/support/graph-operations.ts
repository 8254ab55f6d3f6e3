import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { Kind, parse, print, type FragmentDefinitionNode, type OperationDefinitionNode } from 'graphql';
import { Agent, type Dispatcher } from 'undici';
import { startSandbox, type Sandbox } from '../../src/sandbox/index.js';
import type { Settings } from '../../src/settings.js';
import { createTestApp, type GraphAnswer, type TestApp } from './create-test-app.js';
import { closeLater } from './graph-pins.js';

const folder = new URL('../../schema/operations/', import.meta.url);

/** One documented operation with the upstream calls that it may cost, by provider (`pinning`, `pi`, …). */
export interface DocumentedOperation {
  readonly file: string;
  readonly name: string;
  readonly kind: OperationDefinitionNode['operation'];
  /** The operation alone, with the fragments of its file. */
  readonly text: string;
  /** Undefined when there is no budget line above it, or one that cannot be read. */
  readonly budget: Readonly<Record<string, number>> | undefined;
  /** What the file says above the operation. */
  readonly comment: string;
  /** The variables that GraphiQL shows with it. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Every operation of the folder. */
export function documentedOperations(): DocumentedOperation[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .toSorted()
    .flatMap((file) => {
      const text = readFileSync(new URL(file, folder), 'utf8');
      const { definitions } = parse(text);
      const fragments = definitions
        .filter((one): one is FragmentDefinitionNode => one.kind === Kind.FRAGMENT_DEFINITION)
        .map(print)
        .join('\n');
      return definitions.flatMap((definition, index) => {
        if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
        const comment = text.slice(definitions[index - 1]?.loc?.end ?? 0, definition.loc?.start).trim();
        return [
          {
            file,
            name: definition.name?.value ?? '',
            kind: definition.operation,
            text: `${print(definition)}\n${fragments}`,
            budget: readBudget(comment, definition.operation),
            comment,
            variables: readVariables(file),
          },
        ];
      });
    });
}

/** The file beside the operation; without one it takes no variables, or has defaults for all. */
function readVariables(file: string): Record<string, unknown> {
  const path = new URL(file.replace(/\.graphql$/, '.variables.json'), folder);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>) : {};
}

/** Reads `# budget: pinning 1, pi 1`, `# budget: none` and, of a subscription, `# budget: pinning 1 per poll`. */
function readBudget(comment: string, kind: string): Record<string, number> | undefined {
  const line = /^# budget: (.+)$/m.exec(comment)?.[1];
  if (line === undefined || line.endsWith(' per poll') !== (kind === 'subscription')) return undefined;
  const parts = line
    .replace(/ per poll$/, '')
    .split(', ')
    .map((part) => /^([a-z]+) (\d+)$/.exec(part));
  if (line === 'none') return {};
  if (parts.some((part) => part === null)) return undefined;
  return Object.fromEntries(parts.map((part) => [part?.[1] ?? '', Number(part?.[2])]));
}

/** The gateway in front of its sandbox, with every call to an upstream counted on its way out. */
export interface CountedSandbox extends TestApp {
  readonly sandbox: Sandbox;
  /** Calls since the last reset, by provider. */
  readonly calls: Record<string, number>;
  reset(): void;
  /** Asks with everything that the playground signs in with. */
  ask<Data>(text: string, variables?: object): Promise<GraphAnswer<Data>>;
}

export async function startCountedSandbox(settings: Settings = {}): Promise<CountedSandbox> {
  const sandbox = await startSandbox();
  const providerAt = new Map(
    Object.entries(sandbox.settings).flatMap(([name, value]) => {
      const provider = /^(?:PI_(?=LEDGER_))?([A-Z]+)_(?:.+_)?URL$/.exec(name)?.[1]?.toLowerCase();
      return provider === undefined ? [] : [[new URL(value).origin, provider]];
    }),
  );
  const calls: Record<string, number> = {};
  const agent = new Agent();
  const dispatcher: Dispatcher = agent.compose((dispatch) => (options, handler) => {
    const provider = providerAt.get(String(options.origin)) ?? 'unknown';
    calls[provider] = (calls[provider] ?? 0) + 1;
    return dispatch(options, handler);
  });
  // One poll is all that a test waits for.
  const slow = { PIN_POLL_INTERVAL_MS: '60000', PAYMENT_POLL_INTERVAL_MS: '60000', POOL_POLL_INTERVAL_MS: '60000' };
  const app = await createTestApp(
    { UPSTREAM_TIMEOUT_MS: '8000', WRITE_TIMEOUT_MS: '8000', OPERATION_TIMEOUT_MS: '15000', ...slow, ...settings },
    { sandbox, dispatcher },
  );
  closeLater(async () => {
    await app.close();
    await agent.destroy();
  });
  return {
    ...app,
    sandbox,
    calls,
    reset: () => {
      for (const provider of Object.keys(calls)) delete calls[provider];
    },
    ask: (text, variables) => app.query(text, variables, { ...sandbox.headers }),
  };
}
