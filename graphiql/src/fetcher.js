// How operations reach the gateway: queries and mutations by HTTP, subscriptions over a socket of their own.
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { post, session } from './session.js';

/// Messages of a subscription that are shown.
const SHOWN = 20;
const NO_TOKEN = { errors: [{ message: 'Enter an access token first: by the button at the top of this page.' }] };

/// As GraphiQL wants it; `heard` is told every answer.
export const fetcher = (heard) => ({ query, variables, operationName }) => {
  if (!session.get().token) return Promise.resolve(NO_TOKEN);
  const chosen = chosenOf(query, operationName);
  // Right after a change of tabs GraphiQL still names the operation of the tab before.
  const operation = { query, variables, operationName: chosen ? chosen.name?.value : operationName };
  if (chosen?.operation === 'subscription') return { subscribe: (observer) => ({ unsubscribe: watch(operation, observer) }) };
  return post(operation).then((answer) => {
    heard(answer);
    return answer;
  });
};

function chosenOf(query, operationName) {
  try {
    const document = parse(query);
    return getOperationAST(document) ?? getOperationAST(document, operationName);
  } catch {
    // The gateway says best what is wrong with it.
    return undefined;
  }
}

/// Returns what stops it, and with it closes the socket.
function watch(operation, observer) {
  const client = createClient({
    url: new URL('/graphql/ws', location.href.replace(/^http/, 'ws')).href,
    // Asked for at every connection: a renewed token is used after the first one has ended.
    connectionParams: () => ({ authorization: `Bearer ${session.get().token}` }),
    lazyCloseTimeout: 0,
  });
  let received = 0;
  let newestFirst = [];
  const stop = client.subscribe(operation, {
    next(message) {
      received += 1;
      newestFirst = [message, ...newestFirst].slice(0, SHOWN);
      observer.next({ received, newestFirst });
    },
    error: (error) => observer.error(spoken(error)),
    complete: () => observer.complete(),
  });
  return () => {
    stop();
    client.dispose();
  };
}

function spoken(error) {
  if (Array.isArray(error)) return { errors: error };
  if (error instanceof CloseEvent) {
    return new Error(`The gateway closed the socket: ${error.code}${error.reason && `, ${error.reason}`}`);
  }
  return error;
}
