import { createServer } from 'node:net';
import type { Config } from './config.js';
import { bindFault } from './server/bind-fault.js';
import { readTrustedDocuments } from './server/operation/manifests.js';
import type { TrustedDocuments } from './server/options.js';
import { ConfigError } from './settings.js';
import { checkFolder } from './state/secret.js';

/**
 * What a start would stumble over that settings do not show by themselves. Ports are left out: a running gateway holds its
 * own, and is no fault.
 */
export async function startFaults({ host, trustedDocuments, stateDir }: Config): Promise<readonly string[]> {
  const faults = [
    faultOf(() => trustedDocuments !== undefined && readDeployedDocuments(trustedDocuments)),
    faultOf(() => stateDir !== undefined && checkFolder(stateDir)),
    await hostFault(host),
  ];
  return faults.filter((fault) => fault !== undefined);
}

/** The documents that `TRUSTED_DOCUMENTS` names; throws a ConfigError that says what is wrong with them. */
export function readDeployedDocuments(path: string): TrustedDocuments {
  try {
    return readTrustedDocuments(path);
  } catch (error) {
    throw new ConfigError([`TRUSTED_DOCUMENTS: ${error instanceof Error ? error.message : 'cannot be read'}`]);
  }
}

function faultOf(look: () => unknown): string | undefined {
  try {
    look();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : 'unknown';
  }
}

/** Listens on any free port, for a moment. */
function hostFault(host: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(bindFault(code, host, 0, 'HOST')));
    server.listen({ host, port: 0 }, () => server.close(() => resolve(undefined)));
  });
}
