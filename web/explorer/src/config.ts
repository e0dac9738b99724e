/** What the web process tells the page about the system it belongs to. */
export interface ExplorerConfig {
  /** Where synthetic personas sign in; null where real accounts are used. */
  readonly signInUrl: string | null;
  readonly environment: string;
  /** The demonstration patient whose id fills the ready tabs. */
  readonly patientId: string | null;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

/** Reads the settings once at the start; throws when the web process does not answer. */
export async function loadConfig(): Promise<ExplorerConfig> {
  const response = await fetch(`${import.meta.env.BASE_URL}config.json`, { cache: "no-store" });
  if (!response.ok) throw new Error(`The settings answered with status ${response.status}.`);
  const body = (await response.json()) as Record<string, unknown>;
  return {
    signInUrl: text(body["signInUrl"])?.replace(/\/+$/, "") ?? null,
    environment: text(body["environment"]) ?? "unknown",
    patientId: text(body["patientId"]),
  };
}
