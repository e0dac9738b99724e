import { useEffect, useState, useSyncExternalStore, type FormEvent } from "react";

import type { ExplorerConfig } from "./config";
import type { Persona, Session } from "./session";

// A name, not a secret: it lets a reload continue as the same persona with a fresh token.
const LAST_PERSONA = "cuore:persona";

function PersonaSwitch({ session }: { readonly session: Session }) {
  const { persona, busy } = useSyncExternalStore(session.subscribe, session.snapshot);
  const [personas, setPersonas] = useState<readonly Persona[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [attempt, setAttempt] = useState(0);

  useEffect(() => {
    let current = true;
    session.personas().then(
      (found) => {
        if (!current) return;
        setPersonas(found);
        setProblem(null);
        const last = found.find((each) => each.name === sessionStorage.getItem(LAST_PERSONA));
        if (last !== undefined && session.token === null) void session.choose(last);
      },
      () => current && setProblem("The sign-in does not answer."),
    );
    return () => {
      current = false;
    };
  }, [session, attempt]);

  if (problem !== null) {
    return (
      <span className="bar-problem" role="alert">
        {problem} <button onClick={() => setAttempt(attempt + 1)}>Try again</button>
      </span>
    );
  }
  return (
    <div className="personas" role="group" aria-label="Sign in as" aria-busy={busy}>
      {personas?.map((each) => (
        <button
          key={each.name}
          type="button"
          aria-pressed={each.name === persona?.name}
          onClick={() => {
            sessionStorage.setItem(LAST_PERSONA, each.name);
            void session.choose(each);
          }}
        >
          {each.title}
        </button>
      ))}
    </div>
  );
}

function TokenField({ session }: { readonly session: Session }) {
  const { signedIn } = useSyncExternalStore(session.subscribe, session.snapshot);
  const [token, setToken] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    session.paste(token);
    setToken("");
  };
  if (signedIn) return <button onClick={() => session.leave()}>Forget the token</button>;
  return (
    <form className="token" onSubmit={submit}>
      <input
        type="password"
        autoComplete="off"
        spellCheck={false}
        aria-label="Access token"
        placeholder="Paste an access token"
        value={token}
        onChange={(event) => setToken(event.target.value)}
      />
      <button disabled={token.trim() === ""}>Use it</button>
    </form>
  );
}

/** The bar at the top: which system this is, who is asking, and how to become someone else. */
export function Bar({ config, session }: { readonly config: ExplorerConfig; readonly session: Session }) {
  const { persona, signedIn, busy, problem } = useSyncExternalStore(session.subscribe, session.snapshot);
  const who = signedIn ? `Signed in${persona ? ` as ${persona.title}` : ""}` : busy ? "Signing in …" : "Nobody signed in";
  return (
    <header className="bar">
      <img className="bar-mark" src={`${import.meta.env.BASE_URL}heart.svg`} alt="" />
      <strong className="bar-name">Cuore</strong>
      <span className="bar-environment">{config.environment}</span>
      {config.signInUrl !== null && <span className="bar-synthetic">synthetic data</span>}
      <span className="bar-space" />
      {problem !== null && (
        <span className="bar-problem" role="alert">
          {problem}
        </span>
      )}
      <span className={signedIn ? "bar-who bar-who-in" : "bar-who"} role="status">
        {who}
      </span>
      {config.signInUrl === null ? <TokenField session={session} /> : <PersonaSwitch session={session} />}
    </header>
  );
}
