import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useRef, useSyncExternalStore } from "react";

import { operationIn } from "./operation";
import type { Session } from "./session";

/**
 * Nothing that one person was shown stays on the page for the next one.
 *
 * When somebody else signs in, a running feed ends and the responses of all tabs go; the visible query, if it had been
 * answered, is asked again as the new person. What changes something is never repeated.
 */
export function SomeoneElse({ session }: { readonly session: Session }): null {
  const { choice, signedIn } = useSyncExternalStore(session.subscribe, session.snapshot);
  const { stop, run, moveTab, updateActiveTabValues } = useGraphiQLActions();
  const { tabs, activeTabIndex, responseEditor } = useGraphiQL(pick("tabs", "activeTabIndex", "responseEditor"));
  const shownTo = useRef(choice);
  const askAgain = useRef(false);

  useEffect(() => {
    if (shownTo.current !== choice) {
      shownTo.current = choice;
      const visible = tabs[activeTabIndex];
      const isQuery = operationIn(visible?.query ?? "", visible?.operationName)?.operation === "query";
      askAgain.current = isQuery && Boolean(visible?.response);
      stop();
      moveTab(tabs.map((tab) => (tab === visible ? tab : { ...tab, response: null })));
      updateActiveTabValues({ response: null });
      responseEditor?.setValue("");
    }
    if (signedIn && askAgain.current) {
      askAgain.current = false;
      void run();
    }
  });
  return null;
}
