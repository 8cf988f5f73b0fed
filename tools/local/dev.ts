/**
 * `make dev`: the whole stack in one terminal, restarted service by service when sources change.
 */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { developmentLockPath, secretsPath, stackDataFolder } from "./data-folders.ts";
import { releaseLock, takeLock } from "./exclusive-lock.ts";
import { parsePortOffset, resolvePorts, type ServiceName, serviceNames } from "./ports.ts";
import { createLinePrefixer, wantsColour } from "./prefix-lines.ts";
import { describeQuickStart } from "./quick-start.ts";
import { ensureSecrets, loadSecrets } from "./secrets.ts";
import { type Stack, startStack } from "./stack.ts";
import { startDevelopmentStripe } from "./stripe-stand-in.ts";
import { watchSources } from "./watch-sources.ts";

const launcherName = "holdfast";
const repositoryFolder = resolve(import.meta.dirname, "../..");
const coloured = wantsColour(process.stdout, process.env);
const prefix = createLinePrefixer([...serviceNames, "redis", launcherName], coloured);

function print(name: string, line: string): void {
  process.stdout.write(`${prefix(name, line)}\n`);
}

function report(text: string): void {
  print(launcherName, text);
}

function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What runs, as far as it has started. */
interface Session {
  stack?: Stack;
  stopWatching?: () => void;
  stopping: boolean;
}

/** The first signal stops in order, the second kills. A closed terminal counts as a signal. */
function stopOnSignal(session: Session): void {
  const onSignal = (): void => {
    const { stack, stopping } = session;
    if (stopping || stack === undefined) {
      // Whatever was just being started ends with this process: it is tethered to it.
      stack?.killNow();
      process.exit(130);
    }
    session.stopping = true;
    report("stopping (once more kills at once)");
    session.stopWatching?.();
    void stack.stop().then(() => {
      report("stopped");
      process.exit(0);
    });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, onSignal);
  }
  // Nobody reads any more once the terminal is closed; that must not get in the way of stopping.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
}

function prepareEnvironment(): NodeJS.ProcessEnv {
  const added = ensureSecrets(secretsPath);
  if (added.length > 0) {
    report(`first start here: wrote random ${added.join(", ")} to .env`);
  }
  const environment = loadSecrets(secretsPath, process.env);
  return coloured ? { FORCE_COLOR: "1", ...environment } : environment;
}

function restartOnChange(session: Session, stack: Stack): () => void {
  const restart = async (service: ServiceName): Promise<void> => {
    const outcome = await stack.restart(service).then(() => `${service} is ready again`, explain);
    if (!session.stopping) {
      report(outcome);
    }
  };
  return watchSources(repositoryFolder, (services, path) => {
    report(`${path} changed: restarting ${[...services].join(", ")}`);
    for (const service of services) {
      void restart(service);
    }
  });
}

async function run(): Promise<void> {
  const session: Session = { stopping: false };
  stopOnSignal(session);
  const portOffset = parsePortOffset(process.env.PORT_OFFSET);
  const prepared = prepareEnvironment();
  const { standIn, environment } = await startDevelopmentStripe(prepared, resolvePorts(portOffset, prepared));
  if (standIn !== undefined) report(`no key of Stripe is set: a stand-in plays it at ${standIn.url}`);
  report("starting Redis and the services");
  const stack = await startStack({
    dataFolder: stackDataFolder,
    portOffset,
    environment,
    onLine: print,
    restartOnCrash: true,
    waitForReady: false,
  });
  session.stack = stack;
  session.stopWatching = restartOnChange(session, stack);
  try {
    await stack.waitUntilReady();
    process.stdout.write(`${describeQuickStart(stack.ports)}\n`);
  } catch (error) {
    if (!session.stopping) {
      report(`${explain(error)} The others go on; a saved change starts it again.`);
    }
  }
}

mkdirSync(dirname(developmentLockPath), { recursive: true });
const owner = takeLock(developmentLockPath);
if (owner !== undefined) {
  report(`a stack already runs in this checkout (process ${owner}, named in .data/dev.pid); stop it first`);
  process.exitCode = 1;
} else {
  process.on("exit", () => releaseLock(developmentLockPath));
  try {
    await run();
  } catch (error) {
    report(explain(error));
    process.exit(1);
  }
}
