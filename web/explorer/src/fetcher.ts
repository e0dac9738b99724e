import type { Fetcher, FetcherParams, Observable } from "@graphiql/toolkit";
import { GraphQLError, type ExecutionResult } from "graphql";
import { createClient, type Client } from "graphql-ws";

import { operationIn } from "./operation";
import type { Session } from "./session";

const ACCEPT = "application/graphql-response+json, application/json";
// graphql-transport-ws: "Unauthorized"; the server closes a feed with it when its token expires.
const UNAUTHORISED = 4401;

/** Something that went wrong on the way, told like an answer of the API. */
function refusal(sentence: string): ExecutionResult {
  return { errors: [new GraphQLError(sentence)] };
}

/** Sends operations as whoever is signed in; everything that can go wrong comes back as a sentence. */
export function createFetcher(session: Session): Fetcher {
  const url = new URL("/graphql", window.location.href);
  const socketUrl = new URL(url);
  socketUrl.protocol = url.protocol === "https:" ? "wss:" : "ws:";

  const socket = createClient({
    url: socketUrl.href,
    lazy: true,
    // Closing at once after the last subscription keeps a connection from outliving its persona.
    lazyCloseTimeout: 0,
    connectionParams: () => ({ Authorization: `Bearer ${session.token ?? ""}` }),
  });

  return async (parameters) => {
    if (parameters.operationName === "IntrospectionQuery") {
      await session.untilSignedIn();
      return ask(url, parameters, session.token);
    }
    if (session.token === null) return refusal("Nobody is signed in. Choose who you are in the bar at the top.");
    const operation = operationIn(parameters.query, parameters.operationName);
    const asked = operation === null ? parameters : { ...parameters, operationName: operation.name?.value ?? null };
    if (operation?.operation === "subscription") return follow(socket, asked);
    const { choice } = session.snapshot();
    const answer = await ask(url, asked, session.token);
    if (session.snapshot().choice === choice) return answer;
    return refusal("Somebody else signed in before the answer came, so it is not shown.");
  };
}

async function ask(url: URL, parameters: FetcherParams, token: string | null): Promise<ExecutionResult> {
  let response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { accept: ACCEPT, "content-type": "application/json", authorization: `Bearer ${token ?? ""}` },
      body: JSON.stringify(parameters),
      credentials: "omit",
    });
  } catch {
    return refusal("The API does not answer. Is it running?");
  }
  try {
    return (await response.json()) as ExecutionResult;
  } catch {
    return refusal(`The API answered with status ${response.status} and something that is not JSON.`);
  }
}

interface Sink {
  readonly next: (result: ExecutionResult) => void;
  readonly complete: () => void;
}

function follow(socket: Client, parameters: FetcherParams): Observable<ExecutionResult> {
  const subscribe = ({ next, complete }: Sink) => ({
    unsubscribe: socket.subscribe(parameters as { query: string }, {
      next: (result) => next(result as ExecutionResult),
      complete,
      error: (failed) => {
        next(Array.isArray(failed) ? { errors: failed } : refusal(whyItEnded(failed)));
        complete();
      },
    }),
  });
  // The type has forms of `subscribe` that GraphiQL does not call.
  return { subscribe } as unknown as Observable<ExecutionResult>;
}

function whyItEnded(failed: unknown): string {
  const code = failed instanceof CloseEvent ? failed.code : null;
  if (code === UNAUTHORISED) return "The feed ended because the sign-in expired. Press play to go on.";
  return `The feed was cut off${code === null ? "" : ` (code ${code})`}. Press play to go on.`;
}
