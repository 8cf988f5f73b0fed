import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import { defaultPorts } from "#platform/config/common-settings.ts";

const base = "deploy/kubernetes/base";
const overlays = ["production", "try-out"].map((name) => `deploy/kubernetes/overlays/${name}`);
const ports: Readonly<Record<string, readonly number[]>> = {
  core: [defaultPorts.CORE_PORT],
  pricing: [defaultPorts.PRICING_PORT],
  exchange: [defaultPorts.EXCHANGE_PORT],
  monitoring: [defaultPorts.MONITORING_PORT],
  admin: [defaultPorts.ADMIN_PORT, defaultPorts.ADMIN_HTTP_PORT],
};
const services = Object.keys(ports);

/** What a service has besides the secrets of all. */
const ownSecrets: Readonly<Record<string, readonly string[]>> = {
  monitoring: ["CHANNEL_KEY"],
  admin: ["ADMIN_KEY", "AUDIT_KEY"],
};

/** An object of Kubernetes, as far as it is checked here. */
interface KubernetesObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  // biome-ignore lint/suspicious/noExplicitAny: make check-kubernetes holds the shape against the official types
  readonly spec: any;
  readonly data?: Readonly<Record<string, string>>;
}

function read(path: string): KubernetesObject[] {
  return parseAllDocuments(readFileSync(path, "utf8")).map((document) => {
    assert.deepEqual(document.errors, [], path);
    return document.toJS() as KubernetesObject;
  });
}

/** The object of a kind in a service's own file. */
function objectOf(service: string, kind: string): KubernetesObject {
  const found = read(`${base}/${service}.yaml`).find((each) => each.kind === kind);
  assert.ok(found, `${service} has a ${kind}`);
  assert.equal(found.metadata.name, service);
  return found;
}

const podOf = (service: string) => objectOf(service, "Deployment").spec.template.spec;

test("every file of base is in its kustomization", () => {
  const [kustomization] = read(`${base}/kustomization.yaml`) as unknown as [{ resources: string[] }];
  assert.deepEqual(
    kustomization.resources.toSorted(),
    ["common", "network", ...services].map((name) => `${name}.yaml`).toSorted(),
  );
});

for (const service of services) {
  test(`${service} fulfils the restricted standard: no root, no rights, nothing to write but what it needs`, () => {
    const pod = podOf(service);
    const [container] = pod.containers;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.equal(pod.securityContext.seccompProfile.type, "RuntimeDefault");
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    assert.match(container.resources.limits.memory, /^\d+Mi$/);
    const writable = container.volumeMounts.filter((mount: { readOnly?: boolean }) => !mount.readOnly);
    assert.deepEqual(
      writable.map(({ mountPath }: { mountPath: string }) => mountPath),
      service === "core" ? ["/tmp", "/data"] : ["/tmp"],
    );
  });

  test(`${service} listens, is probed and is reached at the ports of the contract`, () => {
    const [container] = podOf(service).containers;
    const numbers = container.ports.map(({ containerPort }: { containerPort: number }) => containerPort);
    assert.deepEqual(numbers, ports[service]);
    const probe = (name: string) => container[name].httpGet;
    assert.deepEqual(probe("startupProbe"), { path: "/healthz", port: "rpc" });
    assert.deepEqual(probe("livenessProbe"), { path: "/healthz", port: "rpc" });
    assert.deepEqual(probe("readinessProbe"), { path: "/readyz", port: "rpc" });
    const { selector, ports: offered } = objectOf(service, "Service").spec;
    assert.deepEqual(
      offered.map(({ port }: { port: number }) => port),
      ports[service],
    );
    const labels = { "app.kubernetes.io/name": service };
    for (const found of [
      selector,
      objectOf(service, "Deployment").spec.selector.matchLabels,
      objectOf(service, "Deployment").spec.template.metadata.labels,
      objectOf(service, "PodDisruptionBudget").spec.selector.matchLabels,
    ])
      assert.deepEqual(found, labels);
  });

  test(`${service} gets its secrets as files that its volume has, and more time to stop than it takes`, () => {
    const pod = podOf(service);
    const [container] = pod.containers;
    const files = container.env.filter(({ name }: { name: string }) => name.endsWith("_FILE"));
    const { items } = pod.volumes.find(({ name }: { name: string }) => name === "secrets").secret;
    for (const { name, value } of files) {
      const key = name.replace(/_FILE$/, "");
      assert.equal(value, `/run/secrets/holdfast/${key}`);
      assert.ok(
        items.some((item: { key: string; path: string }) => item.key === key && item.path === key),
        key,
      );
    }
    assert.equal(files.length, items.length, "nothing is mounted that is not read");
    assert.deepEqual(
      files.map(({ name }: { name: string }) => name.replace(/_FILE$/, "")),
      ["REDIS_URL", "JWT_SECRET", ...(ownSecrets[service] ?? [])],
    );
    assert.ok(pod.terminationGracePeriodSeconds > 5 + 10, "the wait before, and SHUTDOWN_GRACE_MS");
  });
}

test("the instructions make every secret that a service expects, and those of compose", () => {
  const readme = readFileSync("deploy/kubernetes/README.md", "utf8");
  const compose = readFileSync("compose.yaml", "utf8");
  for (const secret of ["JWT_SECRET", ...Object.values(ownSecrets).flat()]) {
    assert.ok(readme.includes(`"${secret}=$(secret)"`), secret);
    assert.ok(readme.includes(`--from-file=${secret}`), secret);
    assert.ok(compose.includes(`${secret}: \${${secret}:?`), secret);
  }
});

test("the addresses that the services are told are those of the Services", () => {
  const common = read(`${base}/common.yaml`).find(({ kind }) => kind === "ConfigMap");
  for (const service of services)
    assert.equal(common?.data?.[`${service.toUpperCase()}_URL`], `http://${service}:${ports[service]?.[0]}`);
});

test("every setting in the ConfigMaps is one that a service knows", () => {
  const known = readFileSync("docs/configuration.md", "utf8");
  const files = [`${base}/common.yaml`, ...overlays.map((overlay) => `${overlay}/settings.yaml`)];
  const maps = files.flatMap(read).filter(({ kind }) => kind === "ConfigMap");
  assert.equal(maps.length, 3);
  for (const name of maps.flatMap(({ data }) => Object.keys(data ?? {})))
    assert.ok(known.includes(`| \`${name}\` |`), name);
});

test("the network lets nothing in or out but what is named", () => {
  const policies = read(`${base}/network.yaml`);
  const [deny] = policies;
  assert.deepEqual(deny?.spec.policyTypes, ["Ingress", "Egress"]);
  assert.equal(deny?.spec.ingress, undefined);
  assert.equal(deny?.spec.egress, undefined);
  assert.deepEqual(deny?.spec.podSelector.matchExpressions[0].values, services);
  const outside = policies.find(({ metadata }) => metadata.name === "holdfast-outside");
  assert.deepEqual(outside?.spec.podSelector.matchExpressions[0].values, services.slice(1), "all but Core");
  const numbers = JSON.stringify(policies).match(/"port":\d+(,"endPort":\d+)?/g);
  const allowed = ['"port":50052,"endPort":50057', '"port":53', '"port":6379', '"port":443'];
  for (const port of numbers ?? []) assert.ok(allowed.includes(port), port);
});

test("each overlay names an image for each service, and the trial's Redis has what the ledger demands", () => {
  for (const overlay of overlays) {
    const [kustomization] = read(`${overlay}/kustomization.yaml`) as unknown as [
      { images: Array<{ name: string }> },
    ];
    assert.deepEqual(
      kustomization.images.map(({ name }) => name),
      services.map((service) => `holdfast-${service}`),
    );
  }
  for (const service of services) assert.equal(podOf(service).containers[0].image, `holdfast-${service}`);
  const redis = read(`${overlays[1]}/redis.yaml`).find(({ kind }) => kind === "ConfigMap");
  for (const demand of ["appendonly yes", "appendfsync always", "maxmemory-policy noeviction"])
    assert.ok(redis?.data?.["redis.conf"]?.includes(demand), demand);
  const image = /image: (redis:\S+)/.exec(readFileSync("compose.yaml", "utf8"))?.[1];
  assert.ok(readFileSync(`${overlays[1]}/redis.yaml`, "utf8").includes(`image: ${image}`));
});
