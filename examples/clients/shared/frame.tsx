import { Component, useState, type ReactNode } from 'react';
import { explain } from './explain.ts';

/** Where the gateway is and who asks; typed in by the person in front of the page, never part of a bundle. */
export interface Gateway {
  readonly url: string;
  readonly key: string;
}

/** The first page: `first` rows of the newest pins, or `last` rows of the oldest. */
export type Start = { readonly first: number } | { readonly last: number };

export const PAGE = 5;

/** Asks for the gateway and the key, then shows the app. */
export function Frame({ children }: { readonly children: (gateway: Gateway, start: Start) => ReactNode }) {
  const [signedIn, setSignedIn] = useState<{ readonly gateway: Gateway; readonly start: Start }>();
  if (signedIn !== undefined) return <Boundary>{children(signedIn.gateway, signedIn.start)}</Boundary>;

  const signIn = (form: FormData) => {
    const text = (name: string) => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    const start = text('from') === 'newest' ? { first: PAGE } : { last: PAGE };
    setSignedIn({ gateway: { url: text('url'), key: text('key') }, start });
  };
  return (
    <form action={signIn}>
      <label>
        Gateway <input name="url" defaultValue="http://127.0.0.1:4000/graphql" required />
      </label>
      <label>
        Operator key <input name="key" type="password" required />
      </label>
      <label>
        Begin with the{' '}
        <select name="from">
          <option>newest</option>
          <option>oldest</option>
        </select>
      </label>
      <button>Sign in</button>
    </form>
  );
}

/** Says what went wrong while the app was drawn: Relay throws there what React would answer with an empty page. */
class Boundary extends Component<{ readonly children: ReactNode }, { readonly message?: string }> {
  override state: { readonly message?: string } = {};

  static getDerivedStateFromError(error: unknown) {
    return { message: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    const { message } = this.state;
    return message === undefined ? this.props.children : <output>{explain(message)}</output>;
  }
}
