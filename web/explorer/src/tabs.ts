import tabs from "./operations/tabs.json";

const OPERATIONS = import.meta.glob<string>("./operations/*.graphql", { query: "?raw", import: "default", eager: true });

export interface ReadyTab {
  readonly query: string;
  readonly variables: string;
}

/** The operations that a newcomer finds open, in the order of `tabs.json`, filled in for the demonstration patient. */
export function readyTabs(patientId: string | null, now: Date): ReadyTab[] {
  const day = (daysAhead: number) => new Date(now.getTime() + daysAhead * 24 * 60 * 60_000).toISOString().slice(0, 10);
  const blanks: Record<string, () => string> = {
    "{{patientId}}": () => patientId ?? "the id of a patient",
    "{{now}}": () => now.toISOString(),
    "{{fourMinutesAgo}}": () => new Date(now.getTime() - 4 * 60_000).toISOString(),
    "{{inAWeek}}": () => new Date(now.getTime() + 7 * 24 * 60 * 60_000).toISOString(),
    "{{today}}": () => day(0),
    "{{tomorrow}}": () => day(1),
    "{{fourWeeksAgo}}": () => day(-28),
    "{{newId}}": uuid,
  };
  const fill = (_key: string, value: unknown): unknown => (typeof value === "string" ? (blanks[value]?.() ?? value) : value);
  return tabs.map(({ operation, variables }) => {
    const query = OPERATIONS[`./operations/${operation}.graphql`];
    if (query === undefined) throw new Error(`There is no operation ${operation}.`);
    return { query: query.trim(), variables: JSON.stringify(variables, fill, 2) };
  });
}

/** A random version 4 UUID; crypto.randomUUID is missing on pages served over plain HTTP from another machine. */
function uuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
