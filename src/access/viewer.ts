import { findOperator, type Operator, type OperatorKey } from './operators.js';

/** Reads one header (or connection parameter) by its lower-case name; null when absent. */
export type HeaderReader = (name: string) => string | null;

/** A credential that a caller brings for one provider. Present but unusable still forbids the server's own (no fallback). */
export type PassThrough<Fields> =
  { readonly state: 'absent' } | { readonly state: 'unusable' } | { readonly state: 'usable'; readonly fields: Fields };

export interface MyPitFields {
  readonly clientId: string;
  readonly secretKey: string;
  readonly userId: string;
  readonly issuerDid: string | null;
}

/** Who is calling, as far as headers tell; nothing here has been verified with an upstream. */
export interface Viewer {
  readonly operator: Operator | null;
  /** A Pi user token in usable form, not yet verified. */
  readonly piToken: string | null;
  readonly pinning: PassThrough<{ readonly token: string }>;
  readonly mypit: PassThrough<MyPitFields>;
  readonly bitminter: PassThrough<{ readonly key: string }>;
}

/** Credential headers that make an answer depend on the caller. */
export const credentialHeaders = [
  'authorization',
  'x-gateway-key',
  'x-pinning-token',
  'x-mypit-client-id',
  'x-mypit-secret-key',
  'x-mypit-user-id',
  'x-mypit-issuer-did',
  'x-bitminter-key',
] as const;

// Printable ASCII without spaces: safe in a header, and every token in use has this form.
const TOKEN = /^[\x21-\x7e]{1,8192}$/;
const usable = (value: string | null): value is string => value !== null && TOKEN.test(value);

export function readViewer(header: HeaderReader, keys: readonly OperatorKey[]): Viewer {
  const operatorKey = header('x-gateway-key');
  const [scheme, piToken = null, ...more] = (header('authorization') ?? '').trim().split(/\s+/);
  const pinningToken = header('x-pinning-token');
  const bitminterKey = header('x-bitminter-key');
  return {
    operator: usable(operatorKey) ? findOperator(keys, operatorKey) : null,
    piToken: scheme?.toLowerCase() === 'bearer' && more.length === 0 && usable(piToken) ? piToken : null,
    pinning:
      pinningToken === null
        ? { state: 'absent' }
        : usable(pinningToken)
          ? { state: 'usable', fields: { token: pinningToken } }
          : { state: 'unusable' },
    mypit: readMyPit(header),
    bitminter:
      bitminterKey === null
        ? { state: 'absent' }
        : usable(bitminterKey)
          ? { state: 'usable', fields: { key: bitminterKey } }
          : { state: 'unusable' },
  };
}

function readMyPit(header: HeaderReader): PassThrough<MyPitFields> {
  const clientId = header('x-mypit-client-id');
  const secretKey = header('x-mypit-secret-key');
  const userId = header('x-mypit-user-id');
  const issuerDid = header('x-mypit-issuer-did');
  if (clientId === null && secretKey === null && userId === null && issuerDid === null) return { state: 'absent' };
  const complete = usable(clientId) && usable(secretKey) && usable(userId) && (issuerDid === null || usable(issuerDid));
  return complete ? { state: 'usable', fields: { clientId, secretKey, userId, issuerDid } } : { state: 'unusable' };
}
