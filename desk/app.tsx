import { useEffect, useState, type MouseEvent } from 'react';
import { Provider } from 'urql';
import { Badges } from './badges/badges.js';
import { addressOf, useRoute } from './hooks.js';
import { Now } from './now/now.js';
import { Broken } from './parts/broken.js';
import { Logo } from './parts/logo.js';
import { Refusal } from './parts/refusal.js';
import { Payments } from './payments/payments.js';
import { Pins } from './pins/pins.js';
import { keptKey, openSession, SessionProvider, useSession, type Session } from './session.js';
import { SignIn } from './sign-in.js';

const views = { now: 'Now', payments: 'Payments', pins: 'Pins', badges: 'Badges' } as const;
type View = keyof typeof views;

/** The desk: whoever has a key sees the views, everybody else is asked for one. */
export function App() {
  const [session, setSession] = useState<Session | null>(null);
  const [waiting, setWaiting] = useState(keptKey.read() !== null);
  const [fault, setFault] = useState<string>();
  const [isKnown, setKnown] = useState(true);

  async function enter(key: string): Promise<void> {
    const opened = await openSession(key, setKnown);
    setWaiting(false);
    if (typeof opened === 'string') return setFault(opened);
    setFault(undefined);
    keptKey.keep(key);
    setSession(opened);
  }

  useEffect(() => {
    const key = keptKey.read();
    if (key !== null) void enter(key);
  }, []);

  if (waiting) return <p className="opening">Opening the desk…</p>;
  if (session === null) return <SignIn fault={fault} enter={enter} />;
  const leave = () => {
    keptKey.forget();
    setSession(null);
  };
  return (
    <Provider value={session.graph}>
      <SessionProvider value={session}>
        <Desk leave={leave} isKnown={isKnown} />
      </SessionProvider>
    </Provider>
  );
}

/** The address names the view, so this link must not change it. */
function skip(event: MouseEvent): void {
  event.preventDefault();
  document.querySelector<HTMLElement>('#main')?.focus();
}

function isView(name: string): name is View {
  return Object.hasOwn(views, name);
}

interface DeskProps {
  readonly leave: () => void;
  /** Whether the gateway still knows the key of whoever is here. */
  readonly isKnown: boolean;
}

function Desk({ leave, isKnown }: DeskProps) {
  const { name } = useSession();
  const [first = 'now', ...rest] = useRoute();
  const view = isView(first) ? first : 'now';
  useEffect(() => {
    document.title = `${views[view]} · Headgate desk`;
  }, [view]);
  const place = rest.join('/');
  // Newer browsers answer with a promise here, which would be taken for a way to clean up.
  useEffect(() => {
    scrollTo(0, 0);
  }, [view, place]);
  return (
    <>
      <a className="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header className="top">
        <a className="brand" href={addressOf('now')}>
          <Logo />
          Headgate
        </a>
        <nav aria-label="Views">
          {Object.entries(views).map(([key, label]) => (
            <a key={key} href={addressOf(key)} aria-current={key === view ? 'page' : undefined}>
              {label}
            </a>
          ))}
        </nav>
        <div className="who">
          {isKnown ? <span title="The name of your key">{name}</span> : <span>Key not known</span>}
          <button type="button" className="quiet" onClick={leave}>
            Leave
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {!isKnown && <Refusal refusal={{ code: 'UNAUTHENTICATED' }} />}
        <Broken key={view}>
          {view === 'now' && <Now />}
          {view === 'payments' && <Payments term={rest[0]} />}
          {view === 'pins' && <Pins />}
          {view === 'badges' && <Badges part={rest[0]} />}
        </Broken>
      </main>
    </>
  );
}
