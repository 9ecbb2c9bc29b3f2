// Who is calling: one access token, kept for this tab alone, and renewed while the page knows how.
import { store } from './store.js';

const KEPT = 'lodgate.token';
/// Of a token's life, when it is renewed.
const RENEW_AFTER = 0.8;
/// Timers count milliseconds in 31 bits.
const LONGEST_TIMER = 2 ** 31 - 1;
const NOBODY = { token: null, viewer: null, isRenewed: false };
const WHO = `query WhoAmI {
  viewer { tenant { code name kind } client user { email } scopes plan expiresAt }
}`;

/// `{ token, viewer, isRenewed, problem }`: whose token it is, and why there is none.
export const session = store({ ...NOBODY, problem: null });

let timers = [];
/// Gets another token in the way that the present one was got. In memory only: it may hold a client's secret.
let again = null;

/// One operation by HTTP; the gateway's answer as it is.
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

/// Signs in as a machine of an organisation.
export const byClient = (id, secret) =>
  // Without credentials of its own the browser asks nobody for a password when the gateway refuses these.
  begin(() => fetchToken({ grant_type: 'client_credentials', client_id: id, client_secret: secret }, 'omit'));

/// Takes over the session of whoever is signed in at the portal in this browser.
export const byPortal = () => begin(() => fetchToken({ grant_type: 'refresh_token' }, 'same-origin'));

/// Uses a token that came from elsewhere.
export async function byToken(text) {
  again = null;
  await accept(text.trim().replace(/^bearer\s+/i, ''));
}

/// Forgets the token.
export function forget(problem = null) {
  timers.forEach(clearTimeout);
  timers = [];
  again = null;
  sessionStorage.removeItem(KEPT);
  session.set({ ...NOBODY, problem });
}

/// What a reload of the page finds.
export async function resume() {
  const kept = sessionStorage.getItem(KEPT);
  if (kept) await accept(kept).catch((error) => forget(error.message));
}

async function begin(fetchNext) {
  const token = await fetchNext();
  again = fetchNext;
  await accept(token);
}

async function fetchToken(form, credentials) {
  const response = await fetch('/oauth/token', { method: 'POST', credentials, body: new URLSearchParams(form) });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error_description ?? answer.error ?? `The gateway answered ${response.status}.`);
  return answer.access_token;
}

async function accept(token) {
  if (!token) throw new Error('There is no token yet.');
  // Anything else would not pass as a header.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error('A token is one word of letters, digits, dots, dashes and underscores.');
  const { data, errors } = await post({ query: WHO, operationName: 'WhoAmI' }, token);
  if (!data?.viewer) throw new Error(errors?.[0]?.message ?? 'The gateway does not say whose token it is.');
  sessionStorage.setItem(KEPT, token);
  session.set({ token, viewer: data.viewer, isRenewed: again !== null, problem: null });
  schedule(Date.parse(data.viewer.expiresAt) - Date.now());
}

function schedule(life) {
  timers.forEach(clearTimeout);
  const at = (delay, act) => setTimeout(act, Math.min(Math.max(delay, 0), LONGEST_TIMER));
  timers = [at(life, () => forget('The token has ended: enter another.'))];
  // A failure is told when the token ends; until then it is good.
  if (again) timers.push(at(life * RENEW_AFTER, () => again().then(accept).catch(() => {})));
}
