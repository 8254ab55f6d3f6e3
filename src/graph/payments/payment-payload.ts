import type { Payment } from '../../providers/pi/model.js';
import { type BuilderTypes } from '../builder.js';
import { priced } from '../costs.js';
import type { Price } from '../../values/price.js';
import { PaymentRef } from './payment.js';

/** What mutations on payments answer; a payment that is only known by name is read when it is asked for. */
export interface PaymentPayload {
  readonly payment: Payment | (() => Promise<Payment | null>);
}

/** Nullable like ConflictError.payment: GraphQL lets a client select both under one name only when they are alike. */
export function paymentOf<Parent extends PaymentPayload>(
  t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Parent>,
  price: Price = [],
) {
  return t.field({
    ...priced({}, price),
    type: PaymentRef,
    nullable: true,
    description: 'The payment as it is now.',
    resolve: ({ payment }) => (typeof payment === 'function' ? payment() : payment),
  });
}
