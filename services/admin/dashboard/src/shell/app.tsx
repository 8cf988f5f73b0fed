import { Component, lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { Route, Switch, useLocation } from "wouter";
import { Button, LinkButton } from "../design/button.tsx";
import { PageHeader } from "../design/page.tsx";
import { EmptyState, FailureNote, Skeleton } from "../design/states.tsx";
import { Toasts } from "../design/toast.tsx";
import { loadSession, useSession, useSessionState } from "../session/session.ts";
import { takeLink } from "../session/take-link.ts";
import { Frame } from "./frame.tsx";
import { offeredScreens } from "./navigation.tsx";
import { screens } from "./screens.ts";

// Whoever is signed in loads neither.
const SignInPage = lazy(async () => ({
  default: (await import("../session/sign-in-page.tsx")).SignInPage,
}));
const LinkPage = lazy(async () => ({ default: (await import("../session/link-page.tsx")).LinkPage }));

/** Signing in, then the screens. */
export function App() {
  const state = useSessionState();
  const [link, setLink] = useState(takeLink);
  useEffect(() => {
    void loadSession();
  }, []);
  if (link !== undefined && (state.status === "signed-in" || state.status === "signed-out")) {
    const isOperator = state.status === "signed-in" && state.session.accountId === null;
    return (
      <Suspense>
        <LinkPage link={link} isOperator={isOperator} onDone={() => setLink(undefined)} />
      </Suspense>
    );
  }
  switch (state.status) {
    case "unknown":
      return null;
    case "unreachable":
      return (
        <main className="content frame-loading">
          <FailureNote error={state.error} onRetry={() => void loadSession()} />
        </main>
      );
    case "signed-out":
      return (
        <Suspense>
          <SignInPage wasSignedIn={state.wasSignedIn} />
        </Suspense>
      );
    case "signed-in": {
      const { accountId } = state.session;
      return accountId === null ? <Screens /> : <Customer accountId={accountId} />;
    }
  }
}

const CustomerPage = lazy(async () => ({
  default: (await import("../customer/customer-page.tsx")).CustomerPage,
}));

/** Whoever came by a customer's link has one page and no other. */
function Customer({ accountId }: { accountId: string }) {
  return (
    <FaultBoundary>
      <Suspense fallback={<Skeleton lines={8} />}>
        <CustomerPage accountId={accountId} />
      </Suspense>
    </FaultBoundary>
  );
}

function Screens() {
  const session = useSession();
  const [location] = useLocation();
  return (
    <Frame>
      <FaultBoundary key={location}>
        <Suspense fallback={<Skeleton lines={8} />}>
          <Switch>
            {screens
              .filter(({ scope }) => session.scopes.includes(scope))
              .map(({ path, Page }) => (
                <Route key={path} path={path} component={Page} />
              ))}
            <Route path="/" component={FirstScreen} />
            <Route path="/sign-in" component={FirstScreen} />
            <Route>
              <NoScreen />
            </Route>
          </Switch>
        </Suspense>
      </FaultBoundary>
      <Toasts />
    </Frame>
  );
}

/** After signing in, the first screen that the session may open. */
function FirstScreen() {
  const [, navigate] = useLocation();
  const [first] = offeredScreens(useSession());
  const path = first?.path;
  useEffect(() => {
    if (path !== undefined) navigate(path, { replace: true });
  }, [navigate, path]);
  return path === undefined ? <NoScreen /> : null;
}

function NoScreen() {
  const [first] = offeredScreens(useSession());
  return (
    <>
      <PageHeader title="There is no such page" />
      <EmptyState
        title="Nothing is here"
        icon="search"
        action={first && <LinkButton href={first.path}>{first.title}</LinkButton>}
      >
        The address is not one of the dashboard, or your role may not open it.
      </EmptyState>
    </>
  );
}

/** A fault in a screen leaves the navigation usable. A newer version of the dashboard needs the page anew. */
class FaultBoundary extends Component<{ children: ReactNode }, { fault?: unknown }> {
  override state: { fault?: unknown } = {};

  static getDerivedStateFromError(fault: unknown) {
    return { fault };
  }

  override render() {
    if (this.state.fault === undefined) return this.props.children;
    return (
      <EmptyState
        title="This page cannot be shown"
        icon="danger"
        action={<Button onClick={() => location.reload()}>Load the page again</Button>}
      >
        {String((this.state.fault as Error).message)}
      </EmptyState>
    );
  }
}
