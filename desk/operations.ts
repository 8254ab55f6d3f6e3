import * as generated from './generated/graphql.js';
import { byId } from './graph.js';

/** Everything that the desk asks of the graph. */
export const operations = {
  session: byId(generated.SessionDocument),
  providers: byId(generated.ProvidersDocument),
  gateway: byId(generated.GatewayNowDocument),
  payment: byId(generated.PaymentByIdDocument),
  paymentOnLedger: byId(generated.PaymentOnLedgerDocument),
  paymentLive: byId(generated.PaymentLiveDocument),
  person: byId(generated.PersonOfDocument),
  payouts: byId(generated.UnfinishedPayoutsDocument),
  openWrites: byId(generated.OpenWritesDocument),
  settle: byId(generated.SettleDocument),
  complete: byId(generated.CompleteDocument),
  cancel: byId(generated.CancelDocument),
  pins: byId(generated.PinsDocument),
  pinsLive: byId(generated.PinsLiveDocument),
  retryPin: byId(generated.RetryPinDocument),
  templates: byId(generated.TemplatesDocument),
  holders: byId(generated.HoldersDocument),
  issuedBadges: byId(generated.IssuedBadgesDocument),
  issuedOf: byId(generated.IssuedOfDocument),
  issueRow: byId(generated.IssueRowDocument),
} as const;
