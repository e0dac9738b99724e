import { pick, useGraphiQL } from "@graphiql/react";
import { useMemo, useSyncExternalStore } from "react";

import { Gallery } from "./gallery";
import { picturesIn } from "./pictures";
import type { Session } from "./session";

/** What stands below the response: how a feed is doing, the response's pictures, or what to do next. */
export function Below({ session }: { readonly session: Session }) {
  const { signedIn, busy } = useSyncExternalStore(session.subscribe, session.snapshot);
  const { tabs, activeTabIndex, isFetching, subscription } = useGraphiQL(
    pick("tabs", "activeTabIndex", "isFetching", "subscription"),
  );
  const response = tabs[activeTabIndex]?.response ?? "";
  const pictures = useMemo(() => (response === "" ? [] : picturesIn(response)), [response]);

  if (subscription !== null) {
    return (
      <p className="live" role="status">
        {isFetching ? "Live. Nothing has happened yet." : "Live. This is the latest change."}
      </p>
    );
  }
  if (pictures.length > 0) return <Gallery pictures={pictures} />;
  if (response !== "" || isFetching || busy) return null;
  return (
    <p className="hint">
      {signedIn
        ? "Press play to run this operation; its comment says what it does."
        : "Choose at the top who you are. Clinician is a good beginning."}
    </p>
  );
}
