import { type FormEvent, useEffect, useRef, useState } from "react";
import { Button } from "../design/button.tsx";
import { TextField } from "../design/field.tsx";
import { FailureNote, Skeleton } from "../design/states.tsx";
import { Mark } from "../shell/mark.tsx";
import { signInWithKey, signInWithLink } from "./session.ts";
import "./sign-in-page.css";

/** Signs in with an admin key, or at once with the link that a customer was sent. */
export function SignInPage({ wasSignedIn }: { wasSignedIn: boolean }) {
  const [link] = useState(takeLink);
  useEffect(() => {
    document.title = "Sign in · Holdfast";
  }, []);
  return (
    <main className="sign-in">
      <div className="sign-in-card">
        <div className="sign-in-mark">
          <Mark size={36} />
          <h1>Holdfast</h1>
        </div>
        {link === undefined ? <KeyForm wasSignedIn={wasSignedIn} /> : <LinkSignIn link={link} />}
      </div>
    </main>
  );
}

/** Takes the secret out of the address, so that it stays neither there nor in the history. */
function takeLink(): string | undefined {
  const link = new URLSearchParams(location.hash.slice(1)).get("link") ?? undefined;
  if (link !== undefined) history.replaceState(null, "", "/");
  return link;
}

function KeyForm({ wasSignedIn }: { wasSignedIn: boolean }) {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() === "") return;
    setBusy(true);
    setError(undefined);
    if (location.pathname === "/sign-in") history.replaceState(null, "", "/");
    await signInWithKey(key.trim()).catch((failed: unknown) => {
      setError(failed);
      setBusy(false);
    });
  };
  return (
    <form className="form" onSubmit={submit}>
      {wasSignedIn && (
        <p className="sign-in-note" role="status">
          Your session is over. Sign in again to go on where you were.
        </p>
      )}
      <TextField
        label="Admin key"
        type="password"
        name="key"
        autoComplete="current-password"
        autoFocus
        required
        spellCheck={false}
        value={key}
        onChange={(event) => setKey(event.target.value)}
        hint="It is exchanged for a session of at most 12 hours and not kept in this browser."
      />
      {error !== undefined && <FailureNote error={error} />}
      <Button look="primary" type="submit" busy={busy}>
        Sign in
      </Button>
    </form>
  );
}

function LinkSignIn({ link }: { link: string }) {
  const [error, setError] = useState<unknown>();
  const begun = useRef(false);
  useEffect(() => {
    // The link works once; in development effects run twice.
    if (begun.current) return;
    begun.current = true;
    signInWithLink(link).catch(setError);
  }, [link]);
  if (error === undefined) return <Skeleton lines={2} />;
  return (
    <>
      <FailureNote error={error} />
      <p className="soft">A link works once and for 15 minutes. Ask for a new one.</p>
    </>
  );
}
