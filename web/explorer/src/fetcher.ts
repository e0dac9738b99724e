import { createGraphiQLFetcher, isAsyncIterable, isObservable, type Fetcher } from "@graphiql/toolkit";
import { GraphQLError } from "graphql";
import { createClient } from "graphql-ws";

import { picturesIn, type Picture } from "./pictures";
import type { Session } from "./session";

const ACCEPT = "application/graphql-response+json, application/json";

/** Sends operations as whoever is signed in; reports the pictures of each response to `onPictures`. */
export function createFetcher(session: Session, onPictures: (pictures: readonly Picture[]) => void): Fetcher {
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

  const authorised: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("accept", ACCEPT);
    headers.set("authorization", `Bearer ${session.token ?? ""}`);
    return fetch(input, { ...init, headers, credentials: "omit" });
  };

  const send = createGraphiQLFetcher({
    url: url.href,
    fetch: authorised,
    wsClient: socket,
    enableIncrementalDelivery: false,
  });

  return async (parameters, options) => {
    if (parameters.operationName === "IntrospectionQuery") {
      await session.untilSignedIn();
      return send(parameters, options);
    }
    onPictures([]);
    if (session.token === null) {
      return { errors: [new GraphQLError("Nobody is signed in. Choose who you are in the bar at the top, then run again.")] };
    }
    const result = await send(parameters, options);
    if (!isAsyncIterable(result) && !isObservable(result)) onPictures(picturesIn(result));
    return result;
  };
}
