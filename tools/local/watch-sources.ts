/**
 * Tells which services a changed source file concerns.
 */
import { watch } from "node:fs";
import { join, sep } from "node:path";
import { type ServiceName, serviceNames } from "./ports.ts";

/** Folders of the repository whose files the services load. */
const watchedFolders = ["services", "gen"] as const;

/** Editors and generators write several files at once; one restart covers them. */
const debounceMs = 200;

/** Changed in these means: every service. */
const sharedFolders = ["services/platform/", "services/money/", "gen/"] as const;

/** Not loaded by a running service: tests and their fixtures, the dashboard (Vite builds it), hidden files. */
const ignored =
  /(\.test\.ts|~)$|(^|\/)\.[^/]*$|^services\/(platform\/testing|admin\/dashboard)\/|\/fixtures\//;

/** The services to restart when the file at `path` (relative to the repository, with `/`) changes. */
export function listServicesConcerned(path: string): readonly ServiceName[] {
  if (ignored.test(path)) {
    return [];
  }
  if (sharedFolders.some((folder) => path.startsWith(folder))) {
    return serviceNames;
  }
  return serviceNames.filter((name) => path.startsWith(`services/${name}/`));
}

/**
 * Watches the sources below `repositoryFolder` and calls back once per burst of changes with the services
 * concerned and one of the changed paths. Returns a function that ends the watch.
 */
export function watchSources(
  repositoryFolder: string,
  onChange: (services: ReadonlySet<ServiceName>, path: string) => void,
): () => void {
  const pending = new Set<ServiceName>();
  let timer: NodeJS.Timeout | undefined;
  const watchers = watchedFolders.map((folder) =>
    watch(join(repositoryFolder, folder), { recursive: true }, (_event, fileName) => {
      const path = `${folder}/${String(fileName ?? "").replaceAll(sep, "/")}`;
      const concerned = listServicesConcerned(path);
      if (concerned.length === 0) {
        return;
      }
      for (const name of concerned) {
        pending.add(name);
      }
      clearTimeout(timer);
      timer = setTimeout(() => {
        const services = new Set(pending);
        pending.clear();
        onChange(services, path);
      }, debounceMs);
    }),
  );
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers) {
      watcher.close();
    }
  };
}
