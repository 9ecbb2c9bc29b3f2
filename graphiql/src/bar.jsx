// The bar at the top of the page: the present token, its expiry, and the dialog to enter one.
import { useEffect, useRef, useState } from 'react';
import { byClient, byPortal, byToken, forget, session } from './session.js';
import { useStore } from './store.js';

export function Bar() {
  const { viewer, isRenewed, problem } = useStore(session);
  const dialog = useRef(null);
  const enter = () => dialog.current.showModal();
  return (
    <header className="bar">
      <a className="brand" href="/" aria-label="Lodgate, the portal">
        <svg viewBox="0 0 28 28" width="24" height="24" fill="currentColor" aria-hidden="true">
          <path fillRule="evenodd" d="M3.5 25V13.5a10.5 10.5 0 0 1 21 0V25zM8.5 12.8v1.9h11v-1.9zM8.5 16.8v1.9h11v-1.9zM8.5 20.8v1.9h6.5v-1.9z" />
        </svg>
        Lodgate
      </a>
      <h1>GraphiQL</h1>
      <nav>
        <a href="/schema.graphql" target="_blank" rel="noreferrer">Schema</a>
        {viewer && <button type="button" className="button" data-testid="forget" onClick={() => forget()}>Forget token</button>}
        <button type="button" className={viewer ? 'button' : 'button primary'} data-testid="enter" onClick={enter}>
          {viewer ? 'Change token' : 'Enter token'}
        </button>
      </nav>
      {viewer ? <ViewerDetails viewer={viewer} isRenewed={isRenewed} /> : (
        <p className="notice" role="status" data-testid="no-token">
          {problem ?? 'No token. The documentation shows the public schema. Every operation needs a token, introspection included.'}
        </p>
      )}
      <TokenDialog dialog={dialog} />
    </header>
  );
}

function ViewerDetails({ viewer, isRenewed }) {
  const { tenant, client, user, plan, scopes, expiresAt } = viewer;
  const ends = new Date(expiresAt);
  return (
    <dl className="who" data-testid="who" data-tenant={tenant.code}>
      <div><dt>Tenant</dt><dd><b>{tenant.name}</b>, {[tenant.kind.toLowerCase(), client ?? user?.email].filter(Boolean).join(', ')}</dd></div>
      <div><dt>Plan</dt><dd>{plan}</dd></div>
      <div><dt>Scopes</dt><dd className="scopes">{scopes.map((scope) => <code key={scope}>{scopeName(scope)}</code>)}</dd></div>
      <div>
        <dt>Token expires</dt>
        <dd><time dateTime={expiresAt}>{formatInstant(ends)}</time> ({isRenewed ? 'renewed before' : <TimeLeft ends={ends} />})</dd>
      </div>
    </dl>
  );
}

/// The scope as tokens write it: `INVENTORY_READ` becomes `inventory:read`.
const scopeName = (scope) => scope.toLowerCase().replace('_', ':');

function formatInstant(instant) {
  const isToday = instant.toDateString() === new Date().toDateString();
  const format = isToday ? { timeStyle: 'short' } : { dateStyle: 'medium', timeStyle: 'short' };
  return instant.toLocaleString('en-GB', format);
}

function TimeLeft({ ends }) {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  const minutes = Math.max(0, Math.floor((ends - now) / 60_000));
  return minutes < 120 ? `in ${minutes} min` : `in ${Math.floor(minutes / 60)} h`;
}

const METHODS = [['client', 'API client'], ['token', 'Access token'], ['portal', 'Portal session']];

function TokenDialog({ dialog }) {
  const [method, setMethod] = useState('client');
  const [problem, setProblem] = useState('');
  const [isBusy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setProblem('');
    try {
      if (method === 'client') await byClient(form.get('client').trim(), form.get('secret').trim());
      if (method === 'token') await byToken(form.get('token'));
      if (method === 'portal') await byPortal();
      event.target.reset();
      dialog.current.close();
    } catch (error) {
      setProblem(error.message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} className="entry" aria-labelledby="entry-title" data-testid="entry">
      <form onSubmit={submit} autoComplete="off">
        <h2 id="entry-title">Enter a token</h2>
        <div className="ways" role="group" aria-label="Method">
          {METHODS.map(([name, label]) => (
            <button key={name} type="button" data-testid={`by-${name}`} aria-pressed={method === name}
              onClick={() => { setMethod(name); setProblem(''); }}>{label}</button>
          ))}
        </div>
        {method === 'client' && <>
          <label>Client id<input name="client" data-testid="client-id" required spellCheck="false" autoComplete="off" /></label>
          <label>Secret<input name="secret" type="password" data-testid="client-secret" required autoComplete="off" /></label>
          <p>An owner creates API clients on the portal’s <a href="/developers">Developers</a> page. The token is renewed while this page is open. The secret is not stored.</p>
        </>}
        {method === 'token' && <>
          <label>Access token<textarea name="token" data-testid="token" required rows="5" spellCheck="false" autoComplete="off" /></label>
          <p>From <code>POST /oauth/token</code>, <code>lodgate token</code>, or an issuer that this gateway trusts.</p>
        </>}
        {method === 'portal' && <p>Uses the <a href="/">portal</a> session of this browser and is renewed with it.</p>}
        <p className="problem" role="alert" data-testid="entry-problem">{problem}</p>
        <p>The token is stored for this tab only, until the tab is closed.</p>
        <div className="actions">
          <button type="button" className="button" onClick={() => dialog.current.close()}>Cancel</button>
          <button className="button primary" data-testid="use-token" disabled={isBusy}>Use token</button>
        </div>
      </form>
    </dialog>
  );
}
