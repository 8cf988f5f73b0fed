/**
 * Stands in for a service in the launcher's tests: ready on its doors, tells its environment at
 * `/environment`, ends with code 3 at `/crash`. `FAKE_BROKEN=<service>` makes that one end while it starts,
 * `FAKE_UNREADY=<service>` makes it never ready.
 *
 *   node fake-service.ts <service>
 */
import { createServer, type RequestListener } from "node:http";
import { listDoors, resolvePorts, type ServiceName } from "../ports.ts";

const service = process.argv[2] as ServiceName;
const ports = resolvePorts(Number(process.env.PORT_OFFSET), {});

if (process.env.FAKE_BROKEN === service) {
  process.stderr.write("cannot start: configuration is wrong\n");
  process.exit(1);
}

const answer: RequestListener = (request, response) => {
  if (request.url === "/crash") {
    process.exit(3);
  }
  if (request.url === "/environment") {
    response.end(JSON.stringify(process.env));
    return;
  }
  response.writeHead(process.env.FAKE_UNREADY === service ? 503 : 200).end();
};
for (const door of listDoors(service)) {
  createServer(answer).listen(ports[door], "127.0.0.1", () => process.stdout.write(`${door} listens\n`));
}
process.on("SIGTERM", () => {
  process.stdout.write("drained\n");
  process.exit(0);
});
