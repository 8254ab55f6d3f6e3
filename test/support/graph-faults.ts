import type { ServerResponse } from 'node:http';
import type { Settings } from '../../src/settings.js';
import type { Script } from './fake-upstream.js';
import { canary, refusalBody, tainted } from './graph-pins.js';

/** Time enough for a busy machine, except where waiting is the point. */
export const patient: Settings = {
  UPSTREAM_TIMEOUT_MS: '4000',
  WRITE_TIMEOUT_MS: '4000',
  OPERATION_TIMEOUT_MS: '15000',
  READBACK_DELAY_MS: '5',
  UPSTREAM_MAX_BYTES: '4096',
};
const impatient: Settings = { ...patient, UPSTREAM_TIMEOUT_MS: '300', WRITE_TIMEOUT_MS: '300' };
/** Short of time only for scripts that never end. */
export const settingsFor = (script: Script): Settings => (script === silence || script === drip ? impatient : patient);

/** A page of HTML with this status. */
export const html =
  (status: number): Script =>
  () =>
    tainted(status, `<!doctype html><h1>${canary}</h1>`, { 'content-type': 'text/html' });
/** A refusal in the protocol's own form. */
export const refuse =
  (status: number, reason: string, headers: Record<string, string> = {}): Script =>
  () =>
    tainted(status, refusalBody(reason), headers);
/** No answer at all. */
export const silence: Script = () => undefined;
/** Half an answer, then the end of the socket. */
export const cut: Script = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '900' });
  response.write('{"requestid":"x","count":');
  setTimeout(() => response.destroy(), 5);
  return undefined;
};
/** The end of the socket before any answer. */
export const reset: Script = (_request, response) => void response.destroy();
/** A body of blanks that never ends. */
export function drip(_request: unknown, response: ServerResponse): undefined {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
}
