import { createApp } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { silentLogger } from '../../src/log.js';
import { startTestSandbox, type TestSandbox } from './start-sandbox.js';

/** A gateway on a port with pins of the sandbox behind it, as an app meets it. */
export interface PinsGateway {
  readonly sandbox: TestSandbox;
  readonly endpoint: string;
  ask<Data>(query: string, variables?: object): Promise<Data>;
  /** Names of the first or the last pins. */
  pinNames(from: 'first' | 'last', count: number): Promise<string[]>;
  /** Adds one that stays QUEUED until the sandbox's time is moved; resolves with its request id. */
  addPin(name: string): Promise<string>;
  close(): Promise<void>;
}

export async function startPinsGateway(settings: Readonly<Record<string, string>>): Promise<PinsGateway> {
  const sandbox = await startTestSandbox();
  const gateway = await createApp(
    readConfig({ PORT: '0', LOG_LEVEL: 'silent', STATE_DIR: 'memory', PIN_POLL_INTERVAL_MS: '50', ...settings }),
    { sandbox, log: silentLogger },
  );
  const endpoint = `${await gateway.listen()}/graphql`;

  async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...sandbox.headers },
      body: JSON.stringify({ query, variables }),
    });
    return ((await answer.json()) as { readonly data: Data }).data;
  }

  return {
    sandbox,
    endpoint,
    ask,
    async pinNames(from, count) {
      const { pins } = await ask<{ pins: { nodes: readonly { requestId: string; name: string | null }[] } }>(
        `{ pins(${from}: ${count}) { nodes { requestId name } } }`,
      );
      return pins.nodes.map(({ requestId, name }) => name ?? requestId);
    },
    async addPin(name) {
      const { addPin } = await ask<{ addPin: { pin: { requestId: string } } }>(
        'mutation ($input: AddPinInput!) { addPin(input: $input) { ... on AddPinPayload { pin { requestId } } } }',
        { input: { cid: 'bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy', name } },
      );
      return addPin.pin.requestId;
    },
    close: () => gateway.close(),
  };
}
