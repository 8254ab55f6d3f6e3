import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

const example = z.object({
  note: z.string().min(1),
  request: z.object({
    method: z.enum(['GET', 'POST', 'DELETE']),
    path: z.string().startsWith('/'),
    headers: z.record(z.string(), z.string()),
    body: z.unknown().optional(),
  }),
  response: z.object({
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    body: z.unknown().optional(),
    text: z.string().optional(),
  }),
});

/** One recorded shape of a request and its answer. */
export type PinningExample = z.infer<typeof example> & {
  readonly name: string;
  readonly operation: string;
  readonly outcome: string;
};

const folder = fileURLToPath(new URL('../../schema/upstream/pinning/examples/', import.meta.url));

/** Every example of the pinning protocol, by `<operation>.<outcome>`. */
export function pinningExamples(): PinningExample[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const name = file.slice(0, -'.json'.length);
      const [operation = '', outcome = ''] = name.split('.');
      return { name, operation, outcome, ...example.parse(JSON.parse(readFileSync(`${folder}${file}`, 'utf8'))) };
    });
}
