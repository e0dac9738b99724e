/** Someone synthetic to sign in as, as the development sign-in lists them. */
export interface Persona {
  readonly name: string;
  readonly title: string;
  readonly subject: string;
}

export interface Snapshot {
  /** Counts who has been chosen: another number, another person. */
  readonly choice: number;
  readonly persona: Persona | null;
  readonly signedIn: boolean;
  readonly busy: boolean;
  readonly problem: string | null;
}

interface Grant {
  readonly access_token: string;
  readonly expires_in: number;
}

const SIGNED_OUT: Omit<Snapshot, "choice"> = { persona: null, signedIn: false, busy: false, problem: null };
const RETRY_SECONDS = 15;

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, { ...init, credentials: "omit", cache: "no-store" }).catch(() => {
    throw new Error("The sign-in does not answer.");
  });
  if (!response.ok) throw new Error(`The sign-in answered with status ${response.status}.`);
  return (await response.json()) as T;
}

/** Who is asking: holds the access token in memory alone and renews it before it expires. */
export class Session {
  #token: string | null = null;
  /** Goes up with each choice, so that a slow answer to an earlier one cannot overwrite a later one. */
  #choice = 0;
  #snapshot: Snapshot = { choice: 0, ...SIGNED_OUT };
  #renewal: number | undefined;
  readonly #watchers = new Set<() => void>();

  constructor(readonly signInUrl: string | null) {}

  get token(): string | null {
    return this.#token;
  }

  readonly snapshot = (): Snapshot => this.#snapshot;

  readonly subscribe = (watcher: () => void): (() => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  personas(): Promise<readonly Persona[]> {
    return this.signInUrl === null ? Promise.resolve([]) : json<Persona[]>(`${this.signInUrl}/personas`);
  }

  /** Settles when there is a token to send; introspection waits here. */
  untilSignedIn(): Promise<string> {
    if (this.#token !== null) return Promise.resolve(this.#token);
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (this.#token === null) return;
        stop();
        resolve(this.#token);
      });
    });
  }

  async choose(persona: Persona): Promise<void> {
    this.#forget();
    this.#publish({ persona, signedIn: false, busy: true, problem: null });
    await this.#grant(persona, this.#choice);
  }

  /** Takes a pasted token, with or without its "Bearer" prefix. */
  paste(token: string): void {
    this.#forget();
    const bare = token.trim().replace(/^Bearer\s+/i, "");
    this.#token = bare === "" ? null : bare;
    this.#publish({ ...SIGNED_OUT, signedIn: bare !== "" });
  }

  leave(): void {
    this.#forget();
    this.#publish(SIGNED_OUT);
  }

  async #grant(persona: Persona, choice: number): Promise<void> {
    try {
      const grant = await json<Grant>(`${this.signInUrl}/token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ persona: persona.name }),
      });
      if (choice !== this.#choice) return;
      this.#token = grant.access_token;
      this.#renewAfter(Math.max(grant.expires_in * 0.8, 5), persona);
      this.#publish({ persona, signedIn: true, busy: false, problem: null });
    } catch (error) {
      if (choice !== this.#choice) return;
      const problem = error instanceof Error ? error.message : String(error);
      // A failed renewal leaves the old token in place: it may still be good for a while.
      if (this.#token === null) {
        this.#publish({ ...SIGNED_OUT, problem });
        return;
      }
      this.#renewAfter(RETRY_SECONDS, persona);
      this.#publish({ persona, signedIn: true, busy: false, problem });
    }
  }

  #renewAfter(seconds: number, persona: Persona): void {
    const choice = this.#choice;
    window.clearTimeout(this.#renewal);
    this.#renewal = window.setTimeout(() => void this.#grant(persona, choice), seconds * 1000);
  }

  #forget(): void {
    this.#choice += 1;
    this.#token = null;
    window.clearTimeout(this.#renewal);
  }

  #publish(next: Omit<Snapshot, "choice">): void {
    this.#snapshot = { choice: this.#choice, ...next };
    for (const watcher of [...this.#watchers]) watcher();
  }
}
