import { adviceFor, type Refused } from '../words.js';

/** A refusal as it is shown: the words of the gateway and of the upstream come along, for whoever wants them. */
export interface ShownRefusal extends Refused {
  readonly message?: string | undefined;
  readonly upstreamCode?: string | null | undefined;
  readonly upstreamDetails?: string | null | undefined;
  readonly provider?: string | undefined;
}

/** Tells a refusal in words, with what to do next. */
export function Refusal({ refusal }: { readonly refusal: ShownRefusal }) {
  const { said, next } = adviceFor(refusal);
  const { code, reason, provider, message, upstreamCode, upstreamDetails } = refusal;
  const own = [upstreamCode, upstreamDetails].filter(Boolean).join(': ');
  return (
    <div className="notice bad" role="alert">
      <p>
        <strong>{said}</strong> {next}
      </p>
      {own !== '' && <p>The upstream says: {own}</p>}
      <p className="fine">
        {[reason ?? code, provider].filter(Boolean).join(' · ')}
        {message !== undefined && <> · {message}</>}
      </p>
    </div>
  );
}
