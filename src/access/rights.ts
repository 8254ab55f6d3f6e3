/** What an operator key can be allowed to do; the only names that `GATEWAY_KEYS` accepts. */
export const operatorScopes = [
  'pi:read',
  'pi:approve',
  'pi:complete',
  'pi:cancel',
  'pi:payout',
  'mypit:read',
  'mypit:pii',
  'mypit:write',
  'mypit:delete',
  'mypit:issue',
  'pin:read',
  'pin:write',
  'bm:read',
  'schema:read',
] as const;
export type OperatorScope = (typeof operatorScopes)[number];

export type PinningRight = Extract<OperatorScope, `pin:${string}`>;
export type MyPitRight = Extract<OperatorScope, `mypit:${string}`>;
export type PiRight = Extract<OperatorScope, `pi:${string}`>;
