import type { TabsState } from "@graphiql/react";
import type { Storage } from "@graphiql/toolkit";

/**
 * Keeps tabs and history for this browser tab alone, apart for each demonstration patient.
 *
 * Variables can name patients, so nothing outlives the tab; and a freshly seeded system starts with fresh tabs.
 */
export function sessionMemory(patientId: string | null): Storage {
  const prefix = `cuore:${patientId ?? "none"}:`;
  const keys = (): string[] => Object.keys(sessionStorage).filter((key) => key.startsWith(prefix));
  return {
    get length() {
      return keys().length;
    },
    getItem: (key) => sessionStorage.getItem(prefix + key),
    setItem: (key, value) => sessionStorage.setItem(prefix + key, value),
    removeItem: (key) => sessionStorage.removeItem(prefix + key),
    clear: () => keys().forEach((key) => sessionStorage.removeItem(key)),
  };
}

/** What the active tab held before the page was loaded again; left alone, GraphiQL forgets its variables. */
export function lastTab(memory: Storage): { readonly query: string; readonly variables: string } | null {
  const kept = memory.getItem("graphiql:tabState");
  if (kept === null) return null;
  const { tabs, activeTabIndex } = JSON.parse(kept) as TabsState;
  const tab = tabs[activeTabIndex];
  return { query: tab?.query ?? "", variables: tab?.variables ?? "" };
}
