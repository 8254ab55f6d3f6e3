import { Chip, type Tone } from '../parts/small.js';
import type { Payment } from './model.js';

const states: Record<Payment['state'], readonly [word: string, tone: Tone]> = {
  CREATED: ['created', 'plain'],
  APPROVED: ['approved', 'wait'],
  SUBMITTED: ['submitted', 'wait'],
  VERIFIED: ['verified', 'wait'],
  COMPLETED: ['completed', 'good'],
  CANCELLED: ['cancelled', 'bad'],
};

export function StateChip({ state }: { readonly state: Payment['state'] }) {
  const [word, tone] = states[state];
  return <Chip tone={tone}>{word}</Chip>;
}
