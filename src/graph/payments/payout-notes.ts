import type { Context } from '../../context.js';
import type { Payment } from '../../providers/pi/model.js';

/**
 * Keeps which payment a payout's marker stands for, as soon as any answer shows it: when the payment has left the list of open
 * payouts, its key still finds it. Never rejects.
 */
export async function notePayout({ writes }: Pick<Context, 'writes'>, payment: Payment): Promise<void> {
  const { marker, direction, paymentId } = payment;
  if (marker !== null && direction === 'APP_TO_USER') await writes.note(marker, paymentId);
}
