// Sends operations to the gateway: queries and mutations over HTTP, each subscription over its own websocket.
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import { post, session } from './session.js';

/// Number of subscription messages shown, newest first.
const MAX_SHOWN = 20;
const NO_TOKEN = { errors: [{ message: 'Enter an access token first, with the button at the top of this page.' }] };

/// A fetcher for GraphiQL. `onResponse` receives every response over HTTP.
export const fetcher = (onResponse) => ({ query, variables, operationName }) => {
  if (!session.get().token) return Promise.resolve(NO_TOKEN);
  const chosen = selectOperation(query, operationName);
  // Right after a tab change GraphiQL still passes the operation name of the previous tab.
  const operation = { query, variables, operationName: chosen ? chosen.name?.value : operationName };
  if (chosen?.operation === 'subscription') return { subscribe: (observer) => ({ unsubscribe: watch(operation, observer) }) };
  return post(operation).then((answer) => {
    onResponse(answer);
    return answer;
  });
};

function selectOperation(query, operationName) {
  try {
    const document = parse(query);
    return getOperationAST(document) ?? getOperationAST(document, operationName);
  } catch {
    // Invalid text is sent as it is: the gateway reports the syntax error.
    return undefined;
  }
}

/// Subscribes. Returns a function that unsubscribes and closes the websocket.
function watch(operation, observer) {
  const client = createClient({
    url: new URL('/graphql/ws', location.href.replace(/^http/, 'ws')).href,
    // Called for every connection, so that a reconnect uses the renewed token.
    connectionParams: () => ({ authorization: `Bearer ${session.get().token}` }),
    lazyCloseTimeout: 0,
  });
  let received = 0;
  let newestFirst = [];
  const stop = client.subscribe(operation, {
    next(message) {
      received += 1;
      newestFirst = [message, ...newestFirst].slice(0, MAX_SHOWN);
      observer.next({ received, newestFirst });
    },
    error: (error) => observer.error(toError(error)),
    complete: () => observer.complete(),
  });
  return () => {
    stop();
    client.dispose();
  };
}

function toError(error) {
  if (Array.isArray(error)) return { errors: error };
  if (error instanceof CloseEvent) {
    return new Error(`The gateway closed the websocket: ${error.code}${error.reason && `, ${error.reason}`}`);
  }
  return error;
}
