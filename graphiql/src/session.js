// The session of this tab: one access token, renewed as long as the page has the credentials to do so.
import { store } from './store.js';

const STORAGE_KEY = 'lodgate.token';
/// Fraction of a token's lifetime after which it is renewed.
const RENEW_AFTER = 0.8;
/// Longest delay of `setTimeout`, in milliseconds.
const MAX_TIMER = 2 ** 31 - 1;
const SIGNED_OUT = { token: null, viewer: null, isRenewed: false };
const VIEWER_QUERY = `query WhoAmI {
  viewer { tenant { code name kind } client user { email } scopes plan expiresAt }
}`;

/// `{ token, viewer, isRenewed, problem }`; `problem` says why there is no token.
export const session = store({ ...SIGNED_OUT, problem: null });

let timers = [];
/// Requests a new token in the same way as the present one. In memory only, since it may hold a client secret.
let renew = null;

/// Sends one operation over HTTP and returns the parsed response.
export async function post(operation, token = session.get().token) {
  const response = await fetch('/graphql', {
    method: 'POST',
    credentials: 'omit',
    headers: {
      accept: 'application/graphql-response+json, application/json;q=0.9',
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The gateway answered ${response.status} without JSON: ${text.slice(0, 200)}`);
  }
}

/// Signs in as an API client.
export const byClient = (id, secret) =>
  // With credentials omitted the browser shows no password dialog when the gateway answers 401.
  begin(() => fetchToken({ grant_type: 'client_credentials', client_id: id, client_secret: secret }, 'omit'));

/// Uses the portal session of this browser.
export const byPortal = () => begin(() => fetchToken({ grant_type: 'refresh_token' }, 'same-origin'));

/// Uses a token that the user enters.
export async function byToken(text) {
  renew = null;
  await accept(text.trim().replace(/^bearer\s+/i, ''));
}

/// Forgets the token.
export function forget(problem = null) {
  timers.forEach(clearTimeout);
  timers = [];
  renew = null;
  sessionStorage.removeItem(STORAGE_KEY);
  session.set({ ...SIGNED_OUT, problem });
}

/// Restores the token after a reload of the page.
export async function resume() {
  const stored = sessionStorage.getItem(STORAGE_KEY);
  if (stored) await accept(stored).catch((error) => forget(error.message));
}

async function begin(fetchNext) {
  const token = await fetchNext();
  renew = fetchNext;
  await accept(token);
}

async function fetchToken(form, credentials) {
  const response = await fetch('/oauth/token', { method: 'POST', credentials, body: new URLSearchParams(form) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error_description ?? answer.error ?? `The gateway answered ${response.status}.`);
  return answer.access_token;
}

async function accept(token) {
  if (!token) throw new Error('Enter a token.');
  // Other characters are invalid in a header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('A token is one word of letters, digits, dots, dashes and underscores.');
  const { data, errors } = await post({ query: VIEWER_QUERY, operationName: 'WhoAmI' }, token);
  if (!data?.viewer) throw new Error(errors?.[0]?.message ?? 'The gateway did not identify the token.');
  sessionStorage.setItem(STORAGE_KEY, token);
  session.set({ token, viewer: data.viewer, isRenewed: renew !== null, problem: null });
  schedule(Date.parse(data.viewer.expiresAt) - Date.now());
}

function schedule(life) {
  timers.forEach(clearTimeout);
  const at = (delay, act) => setTimeout(act, Math.min(Math.max(delay, 0), MAX_TIMER));
  timers = [at(life, () => forget('The token has expired. Enter another one.'))];
  if (renew) timers.push(at(life * RENEW_AFTER, renewToken));
}

/// Renews the token. A failure is ignored: the present token stays valid until it expires.
async function renewToken() {
  const fetchNext = renew;
  try {
    const token = await fetchNext();
    // The user may have removed or replaced the token meanwhile.
    if (renew === fetchNext) await accept(token);
  } catch { /* ignored as said above */ }
}
