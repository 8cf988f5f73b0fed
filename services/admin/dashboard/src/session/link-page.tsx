import { useEffect, useRef, useState } from "react";
import { Button } from "../design/button.tsx";
import { FailureNote, Skeleton } from "../design/states.tsx";
import { signInWithLink } from "./session.ts";
import { SignInFrame } from "./sign-in-frame.tsx";

/**
 * Signs in with the link that a customer was sent, in place of whoever is signed in: they opened it to see the account
 * that it is for. An operator is asked first.
 */
export function LinkPage({
  link,
  isOperator,
  onDone,
}: {
  link: string;
  isOperator: boolean;
  /** The link was used, or is left. */
  onDone: () => void;
}) {
  const [isAsking, setAsking] = useState(isOperator);
  return (
    <SignInFrame>
      {isAsking ? (
        <>
          <p>
            <strong>This is a customer's link.</strong> It works once. Opening it here ends your own session
            in this browser.
          </p>
          <Button look="primary" onClick={onDone}>
            Stay signed in
          </Button>
          <Button onClick={() => setAsking(false)}>Open the customer's page</Button>
        </>
      ) : (
        <LinkSignIn link={link} onDone={onDone} />
      )}
    </SignInFrame>
  );
}

function LinkSignIn({ link, onDone }: { link: string; onDone: () => void }) {
  const [error, setError] = useState<unknown>();
  const begun = useRef(false);
  useEffect(() => {
    // The link works once; in development effects run twice.
    if (begun.current) return;
    begun.current = true;
    signInWithLink(link).then(onDone, setError);
  }, [link, onDone]);
  if (error === undefined) return <Skeleton lines={2} />;
  return (
    <>
      <FailureNote error={error} />
      <p className="soft">A link works once and for 15 minutes. Ask for a new one.</p>
    </>
  );
}
