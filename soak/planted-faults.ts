/** A fault that was once made, or could have been, as one change of the source. */
export interface PlantedFault {
  readonly name: string;
  readonly file: string;
  /** Stands there exactly once. */
  readonly from: string;
  readonly to: string;
  /** Over which stores the model of the money can see it; or it is the storm's to find. */
  readonly stores: readonly ('memory' | 'embedded' | 'redis' | 'storm')[];
}

const anywhere = ['memory'] as const;

export const faults: readonly PlantedFault[] = [
  {
    name: 'createPayment is sent again after two looks that find nothing',
    file: 'src/graph/payments/payout.ts',
    from: "resend: 'never',",
    to: '',
    stores: anywhere,
  },
  {
    name: 'issueBadge is sent again after two looks that find nothing',
    file: 'src/graph/badges/issue-badge.ts',
    from: "resend: 'never',",
    to: '',
    stores: anywhere,
  },
  {
    name: 'a payout is not counted',
    file: 'src/graph/payments/payout.ts',
    from: 'giveBack = await context.payoutCharges.charge(amount);',
    to: 'context.payoutCharges.check(amount);',
    stores: anywhere,
  },
  {
    name: 'an unclear payout is given back to the cap',
    file: 'src/graph/payments/payout.ts',
    from: 'if (!begun || surelyNotPaid(error)) await giveBack?.();',
    to: 'surelyNotPaid(error); await giveBack?.();',
    stores: anywhere,
  },
  {
    name: "a payout's refusal is believed in anybody's words",
    file: 'src/providers/pi/errors.ts',
    from: "const foreign = effect === 'write' && known?.saidTo.includes(facts.operation) !== true;",
    to: "const foreign = effect !== 'write' && effect !== 'read';",
    stores: anywhere,
  },
  {
    name: "a refusal of badges is believed in anybody's words",
    file: 'src/providers/mypit/errors.ts',
    from: "const anybodys = effect !== 'read' && !namesItsOwn(body);",
    to: "const anybodys = effect !== 'read' && !namesItsOwn(body) && status === 400;",
    stores: anywhere,
  },
  {
    name: 'the cap of the day is forgotten on a restart',
    file: 'src/state/embedded-records.ts',
    from: "const sums: Database<Sum, string> = store.database('counters');",
    to: "const sums: Database<Sum, string> = store.database('counters'); sums.clearSync();",
    stores: ['embedded'],
  },
  {
    name: 'a clock that goes back at a start is believed',
    file: 'src/state/embedded-date.ts',
    from: 'if (wall < last - MAY_GO_BACK_MS)',
    to: 'if (wall < last - 365 * MAY_BE_OFF_MS)',
    stores: ['embedded'],
  },
  {
    name: 'the day of the cap goes by the wall',
    file: 'src/state/days.ts',
    from: 'return wall + Math.floor(Math.max(monotonicNow() - began, slept));',
    to: 'return Date.now() + 0 * began * slept;',
    stores: anywhere,
  },
  {
    name: 'records are forgotten on a restart',
    file: 'src/state/embedded-records.ts',
    from: "const holdings: Database<Holding, string> = store.database('callers');",
    to: "const holdings: Database<Holding, string> = store.database('callers'); documents.clearSync();",
    stores: ['embedded'],
  },
  {
    name: 'another credential beside the key makes another key',
    file: 'src/access/access.ts',
    from: "return viewer.operator === null ? 'nobody' : `operator:${viewer.operator.name}`;",
    to: "return viewer.operator === null ? 'nobody' : this.principal;",
    stores: anywhere,
  },
  {
    name: 'one key stands for any amount',
    file: 'src/writes/run.ts',
    from: 'if (found && found.record.payload !== this.id.payload) throw keyReused();',
    to: '',
    stores: anywhere,
  },
  {
    name: 'a sending is not written down before it goes out',
    file: 'src/writes/claim.ts',
    from: `  begin(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#change(this.#sentNow());`,
    to: `  begin(): Promise<void> {
    return this.#inTurn(async () => {`,
    stores: ['memory', 'embedded'],
  },
  {
    name: 'an unclear end frees the key',
    file: 'src/writes/record.ts',
    from: "if (error.kind === 'outcome_unknown' || error.delivery === 'unclear') return 'unclear';",
    to: "if (error.kind === 'outcome_unknown' || error.delivery === 'unclear') return 'not_done';",
    stores: anywhere,
  },
  {
    name: 'two instances may both create a record',
    file: 'src/state/memory.ts',
    from: 'if (entries.get(key)) return undefined;\n      const record',
    to: 'if (entries.get(key)) entries.delete(key);\n      const record',
    stores: anywhere,
  },
  {
    name: 'everybody is told to be the first who completed',
    file: 'src/graph/payments/payment-changes.ts',
    from: 'return { done, already: !(await first.claim()) };',
    to: 'return { done, already: (await first.claim()) && false };',
    stores: anywhere,
  },
  {
    name: 'what was completed before is told as new',
    file: 'src/writes/told-once.ts',
    from: 'if (!found) return false;',
    to: 'if (!found) return true;',
    stores: anywhere,
  },
  {
    name: 'cancelPayment does not ask the ledger',
    file: 'src/providers/pi/settling.ts',
    from: "if (finding.found === 'one' || finding.found === 'several') return 'HAS_TRANSACTION';",
    to: '',
    stores: anywhere,
  },
  {
    name: 'settlePayment cancels what two transactions have paid',
    file: 'src/providers/pi/settling.ts',
    from: "  if (finding.found === 'several') return none(undecided(finding));",
    to: "  if (finding.found === 'several') return { action: 'CANCEL', why: '' };",
    stores: anywhere,
  },
  {
    name: 'how a sending ended is forgotten while the store is away',
    file: 'src/writes/unwritten.ts',
    from: 'ends.set(name.recordKey, end);',
    to: '',
    stores: anywhere,
  },
  {
    name: 'a key that people have closed may send again',
    file: 'src/writes/open-writes.ts',
    from: 'const next: WriteRecord = applied\n',
    to: 'const next: WriteRecord = applied && false\n',
    stores: anywhere,
  },
  {
    name: 'a key that people have freed marks its next payout as the one before',
    file: 'src/writes/identity.ts',
    from: '...(nth === 0 ? [] : [String(nth)])',
    to: '...(nth < Infinity ? [] : [String(nth)])',
    stores: anywhere,
  },
  {
    name: 'what is completed through the gateway is not noted for its key',
    file: 'src/graph/payments/payout-notes.ts',
    from: "if (marker !== null && direction === 'APP_TO_USER') await",
    to: "if (marker === null && direction === 'APP_TO_USER') await",
    stores: anywhere,
  },
  {
    name: 'what is open is not listed',
    file: 'src/writes/open-list.ts',
    from: ': [...entries.filter(({ recordKey }) => recordKey !== entry.recordKey), entry],',
    to: ': [...entries.filter(({ recordKey }) => recordKey !== entry.recordKey)],',
    stores: anywhere,
  },
  {
    name: 'a Redis that came back empty is trusted',
    file: 'src/state/redis-guard.ts',
    from: "if (found !== trusted) return 'emptied';",
    to: '',
    stores: ['redis'],
  },
  {
    name: 'nobody asks whether the store can be trusted',
    file: 'src/writes/store.ts',
    from: 'const why = name.lasting ? doubt() : undefined;',
    to: 'const why = name.lasting ? (doubt(), undefined) : undefined;',
    stores: ['redis'],
  },
  {
    name: 'a believed count is the end of a listing',
    file: 'src/providers/pinning/listing/end-proof.ts',
    from: 'return count <= length && length < limit && (oneOfEach || !mayGoOn);',
    to: 'return count <= length;',
    stores: ['storm'],
  },
];
