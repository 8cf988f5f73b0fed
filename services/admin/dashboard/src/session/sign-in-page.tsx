import { type FormEvent, useState } from "react";
import { Button } from "../design/button.tsx";
import { TextField } from "../design/field.tsx";
import { FailureNote } from "../design/states.tsx";
import { signInWithKey } from "./session.ts";
import { SignInFrame } from "./sign-in-frame.tsx";

/** Signs in with an admin key. */
export function SignInPage({ wasSignedIn }: { wasSignedIn: boolean }) {
  return (
    <SignInFrame>
      <KeyForm wasSignedIn={wasSignedIn} />
    </SignInFrame>
  );
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
