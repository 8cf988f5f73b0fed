import { type ReactNode, useEffect } from "react";
import { Mark } from "../shell/mark.tsx";
import "./sign-in-page.css";

/** The card in the middle of an empty page, before anybody is signed in. */
export function SignInFrame({ children }: { children: ReactNode }) {
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
        {children}
      </div>
    </main>
  );
}
