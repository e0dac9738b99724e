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
