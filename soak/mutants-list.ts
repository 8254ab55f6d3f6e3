/**
 * Small faults of `src`, one of which `mutants.ts` puts in place at a time: the file, a text that stands in it once, with the change
 * between ‹ and ›, and the test files that have to notice.
 */
export const mutants: readonly (readonly [file: string, change: string, ...tests: string[]])[] = [
  ['access/identity.ts', 'if (error.status ‹===→!==› 401)', 'access/identity'],
  ['access/identity.ts', 'now - remembered.verifiedAt ‹<=→>› maxAgeMs', 'access/identity', 'graph/payments-rights'],
  ['access/payout-caps.ts', 'compareDecimals(amount, caps.perCall) ‹>→>=› 0', 'access/payout-caps'],
  ['access/payout-caps.ts', 'await add(‹-charged→charged›, day)', 'access/payout-caps'],
  ['access/shared-rate.ts', 'wanted + Math.‹min→max›(0, left)', 'access/shared-limits'],
  ['access/viewer.ts', "if (own.state ‹!==→===› 'usable') continue;", 'access/callers', 'access/made-up-callers'],
  [
    'access/stream-limits.ts',
    'places.taken ‹<=→<› limits.total',
    'access/limits',
    'server/streams',
    'server/web-socket',
  ],
  ['access/pi-access.ts', 'if (payment.userUid ‹!==→===› uid) throw absent();', 'graph/payments-rights'],

  ['polling/misses.ts', 'looks + 1 ‹>=→>› LOOKS', 'polling/misses'],
  ['polling/intake.ts', 'Math.‹min→max›(watch.intervalMs * stretch', 'polling/engine', 'polling/misses'],
  ['polling/intake.ts', 'this.#isExpected(id) && ‹!→›misses.isGone(id)', 'polling/engine', 'polling/misses'],
  ['polling/fleet.ts', 'if (owner ‹!==→===› this.#owner) hear(ids);', 'polling/fleet'],
  ['polling/shared-reads.ts', 'isKnown || note.ageMs ‹<→>=› paceMs', 'polling/fleet'],

  ['writes/record.ts', "(error.delivery === 'unsent') return '‹not_done→unclear›'", 'writes/', 'trust/money'],
  ['writes/run.ts', 'found.ageMs ‹<→>› claimMs', 'writes/'],
  ['writes/run.ts', 'if (‹→!(›await claim.release()‹→)›) takeOffOpenList', 'graph/open-writes', 'writes/'],
  ['writes/run.ts', '‹await→void› claim.begin();', 'writes/', 'trust/money'],
  ['writes/earlier-sending.ts', "this.write.resend === 'never' ‹||→&&› quarantined", 'writes/', 'trust/money'],
  ['writes/mutex.ts', 'if (tails.get(name) ‹===→!==› tail)', 'writes/mutex'],

  ['state/memory.ts', 'if (‹!→›has(key, version)) return undefined;', 'state/memory'],
  ['state/redis-records.ts', "if redis.call('PTTL', place) ‹<→>› tonumber(ttl)", 'state/redis'],
  ['state/redis-records.ts', '(Number(nowMicros) - version) / ‹1_000→1_000_000›', 'state/redis'],
  ['state/embedded-records.ts', 'document.expiresAt ‹>→<› store.now() ? document', 'state/embedded'],

  ['upstream/retry.ts', "if (status === 429) return this.call.effect ‹===→!==› 'read';", 'upstream/retries'],
  ['upstream/retry.ts', 'retries * ‹10→20› > since', 'upstream/retry-share'],
  ['upstream/sliding-window.ts', 'if (bad * ‹2→3› >= total)', 'upstream/breaker'],
  ['upstream/pauses.ts', 'Math.‹max→min›(entry.pausedUntil, resetAt)', 'upstream/pauses'],
  ['upstream/sender.ts', 'call.freshSocket === true‹ || !read→›', 'upstream/sockets', 'upstream/transport'],
  ['upstream/sender.ts', 'place.leave(progress.sentAt ‹!==→===› undefined)', 'upstream/pauses'],
  ['upstream/in-flight.ts', 'flight?.writes ‹===→!==› this.writes', 'upstream/in-flight'],
  ['upstream/interim-answers.ts', 'return rest.length ‹>→<› LONGEST_HEAD', 'upstream/interim-answers'],
  ['upstream/class-limits.ts', 'eachCaller: Math.‹ceil(limit * MOST_OF_ONE)→max(limit)›', 'upstream/call-classes'],

  [
    'providers/pi/model.ts',
    'if (status.cancelled ‹||→&&› status.userCancelled)',
    'providers/pi',
    'graph/payments-values',
  ],
  ['providers/pi/settling.ts', 'return now - toMillis(moment) ‹>→<› ms', 'providers/pi-settling'],
  ['providers/pi/settling.ts', "here ‹!==→===› 'never' && here <= LEDGER_PATIENCE_MS", 'providers/pi-settling'],
  ['providers/pi/payment-change.ts', 'if (‹→!›resent) throw openEnd', 'graph/payments-behind-replicas'],
  ['providers/pi/payment-change.ts', "if (standing ‹===→!==› 'open' && saysDone", 'graph/payments-behind-replicas'],
  [
    'graph/payments/payment-changes.ts',
    'error.endOpen ‹!==→===› true && error.payment',
    'graph/payments-behind-replicas',
    'graph/payments-told-once',
  ],
  ['providers/pi/payouts.ts', 'if (ours) ‹return ours→throw conflict(ours)›;', 'providers/pi-payouts'],
  ['providers/ledger/history.ts', 'page ‹<→<=› MOST_PAGES', 'providers/ledger'],
  [
    'providers/mypit/listing/sweep.ts',
    'known.has(id) && ‹!→›unreadable.has(id)',
    'providers/mypit-loaders',
    'providers/mypit-pages',
  ],
  ['providers/mypit/listing/pager.ts', 'page.stuck || (page.more ‹&&→||› this.ended)', 'providers/mypit-pages'],
  ['providers/pinning/listing/all-rows.ts', 'results.length ‹>=→>› MAX_LIMIT || count', 'providers/pinning'],
  [
    'providers/pinning/listing/total.ts',
    'return claim ‹>→<› span.rows.length ? null',
    'providers/pinning-counts',
    'providers/pinning-pages',
  ],
  [
    'providers/pinning/listing/position.ts',
    'isSame(row.at, at) ‹&&→||› positionId',
    'providers/pinning-pages',
    'providers/pinning-same-second',
  ],
  [
    'providers/pinning/listing/source.ts',
    'isWithin(this.scope.query, at) ‹&&→||› this',
    'providers/pinning-filter',
    'providers/pinning-page',
  ],
  ['providers/pinning/errors.ts', 'return status >= 500‹ || status === 408→›;', 'providers/pinning'],
  ['providers/bitminter/listing.ts', 'rows.length ‹>=→>› listing.window', 'providers/bitminter'],
  [
    'providers/bitminter/wire.ts',
    'compareDecimals(‹b.hashRate, a.hashRate→a.hashRate, b.hashRate›)',
    'providers/bitminter',
    'graph/pool',
  ],

  ['graph/user-errors.ts', "cause.credential === 'caller' ‹||→&&› (cause", 'graph/pins-words'],
  ['graph/badges/user-holder.ts', '(await context.access.me()).uid ‹===→!==› uid', 'graph/badges', 'graph/joins'],
  ['graph/pins/pin-mutations.ts', 'replaced.requestId ‹===→!==› requestId', 'graph/pins'],
  ['graph/json-input.ts', 'if (place.length ‹>=→>› MAX_DEPTH)', 'graph/json-input'],

  ['server/http/headers.ts', "['accept', ‹'accept-encoding', →›...headers]", 'server/'],
  ['server/http/negotiation.ts', "given !== '' ‹&&→||› given !== '*/*'", 'server/negotiation', 'server/http'],
  ['server/web-sockets/operations.ts', 'running.size ‹>=→>› limits.operationsPerSocket', 'server/web-socket'],
  ['server/operation/limits.ts', 'Math.max(depth, ‹1 + →›(describesSchema', 'server/query-limits'],
  ['server/operation/price.ts', 'Math.min(Math.‹max→min›(size, 0), LONGEST_LIST)', 'trust/prices', 'trust/query-cost'],
  ['server/operation/shared-queries.ts', 'flight?.mutations ‹===→!==› mutations', 'server/shared'],
  ['server/overload/turn-gate.ts', 'Math.floor(perTurn ‹/→*› 2)', 'server/gate'],
  ['server/events/frames.ts', 'return ‹2→4› * this.pingMs', 'server/unread-streams', 'server/streams'],

  ['values/cid.ts', 'cid.code === DAG_PB ‹&&→||› cid', 'values/cid'],
  ['values/json-size.ts', 'if (left ‹<→<=› 0) return true', 'upstream/bodies', 'values/', 'trust/hostile-upstreams'],
  ['observability/metrics.ts', 'retries([provider, operation], attempts‹ - 1→›)', 'observability/metrics'],
  ['observability/otlp.ts', 'cut(name, ‹LONGEST_NAME→2 * LONGEST_NAME›)', 'observability/traces'],
  ['config-readers.ts', '=> /^https?:\\/\\/[^/?#@‹\\s→›]+$/.test(text)', 'config', 'trust/refused-settings'],
  ['sandbox/mypit/table.ts', 'from + Math.‹min→max›(numItems, MAX_PLACES)', 'sandbox/mypit'],
  ['sandbox/ledger/chain.ts', 'if (signed.minTime ‹>→<› seconds)', 'sandbox/ledger'],
];

/** What stands in the source where a change is made. */
export function textBefore(change: string): string {
  return change.replace(/‹(.*?)→.*?›/g, '$1');
}

/** Whether it stands there once. */
export function isThere(source: string, change: string): boolean {
  return source.split(textBefore(change)).length === 2;
}
