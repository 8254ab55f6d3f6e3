import type { Logger } from '../log.js';
import type { Traces } from './traces.js';

/** Starts tracing. Its libraries are loaded here and nowhere else: whoever does not trace does not pay for them. */
export async function startTraces(url: string, log: Logger): Promise<Traces> {
  const { createTraces } = await import('./otlp.js');
  return createTraces(url, log);
}
