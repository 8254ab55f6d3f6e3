import { useState, type FormEvent } from 'react';
import { Logo } from './parts/logo.js';
import { sandboxKey } from './session.js';

interface SignInProps {
  readonly fault: string | undefined;
  readonly enter: (key: string) => Promise<void>;
}

/** Asks for a key. In the sandbox it is filled in: it is worth nothing anywhere else. */
export function SignIn({ fault, enter }: SignInProps) {
  const given = sandboxKey();
  const [key, setKey] = useState(given);
  const [asking, setAsking] = useState(false);

  async function submit(event: FormEvent): Promise<void> {
    event.preventDefault();
    setAsking(true);
    await enter(key.trim());
    setAsking(false);
  }

  return (
    <main className="sign-in">
      <form onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1>Headgate desk</h1>
        <p>For those who look after this gateway. Your key stays in this tab and goes with it.</p>
        <label htmlFor="key">Gateway key</label>
        <input
          id="key"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          value={key}
          onChange={(event) => setKey(event.target.value)}
          aria-describedby={fault === undefined ? undefined : 'key-fault'}
        />
        {given !== '' && (
          <p className="hint">This is the sandbox: its key is filled in, and worth nothing elsewhere.</p>
        )}
        {fault !== undefined && (
          <p id="key-fault" role="alert" className="field-fault">
            {fault}
          </p>
        )}
        <button type="submit" className="primary" disabled={asking}>
          {asking ? 'Looking…' : 'Open the desk'}
        </button>
      </form>
    </main>
  );
}
