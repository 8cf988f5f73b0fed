import assert from "node:assert/strict";
import { once } from "node:events";
import { request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { request as requestHttps1 } from "node:https";
import { text } from "node:stream/consumers";
import { after, before, describe, it, type TestContext } from "node:test";
import { connect as connectTls } from "node:tls";
import { waitUntil } from "../testing/eventually.ts";
import { openRawConnection } from "../testing/raw-connection.ts";
import { createSelfSignedCertificate } from "../testing/self-signed-certificate.ts";
import type { RequestHandler } from "./request-handler.ts";
import { type RunningServer, startServer } from "./server.ts";

const identity = createSelfSignedCertificate();

/** Sends the body back, with the version of HTTP by which it came. */
const echo: RequestHandler = (request, response) => {
  response.setHeader("x-version", request.httpVersion);
  response.setHeader("x-path", request.url ?? "");
  void text(request).then((body) => response.end(body));
};

interface Answer {
  status: number;
  version: string;
  body: string;
}

async function postHttp1(url: string, body: string): Promise<Answer> {
  const send = url.startsWith("https:") ? requestHttps1 : requestHttp1;
  const request = send(url, { method: "POST", agent: false, ca: identity.cert });
  request.end(body);
  const [response] = await once(request, "response");
  return {
    status: response.statusCode,
    version: response.headers["x-version"],
    body: await text(response),
  };
}

async function postHttp2(
  session: ClientHttp2Session,
  body: string,
  headers?: OutgoingHttpHeaders,
): Promise<Answer> {
  const stream = session.request({ ":method": "POST", ":path": "/h2", ...headers });
  stream.end(body);
  const [replied] = await once(stream, "response");
  return { status: replied[":status"], version: replied["x-version"], body: await text(stream) };
}

function openHttp2(context: TestContext, url: string): ClientHttp2Session {
  const session = connectHttp2(url, { ca: identity.cert });
  context.after(() => session.destroy());
  return session;
}

for (const scheme of ["http", "https"] as const) {
  describe(`a server with ${scheme}`, () => {
    let server: RunningServer;
    let url: string;
    before(async () => {
      const tls = scheme === "https" ? identity : undefined;
      server = await startServer({ host: "127.0.0.1", port: 0, handler: echo, tls });
      url = `${scheme}://localhost:${server.port}`;
    });
    after(() => server.close({ graceMs: 0 }));

    const sizes = [0, 1, 1_000, 70_000, 3_000_000];
    for (const size of sizes) {
      it(`answers a body of ${size} bytes by HTTP/1.1 and HTTP/2 on one port`, async (context) => {
        const body = "0123456789".repeat(Math.ceil(size / 10)).slice(0, size);
        assert.deepEqual(await postHttp1(`${url}/h1`, body), { status: 200, version: "1.1", body });
        const session = openHttp2(context, url);
        assert.deepEqual(await postHttp2(session, body), { status: 200, version: "2.0", body });
      });
    }

    it("answers many calls at once on one HTTP/2 connection", async (context) => {
      const session = openHttp2(context, url);
      const bodies = Array.from({ length: 200 }, (_, index) => `call ${index}`);
      const answers = await Promise.all(bodies.map((body) => postHttp2(session, body)));
      assert.deepEqual(
        answers.map(({ body }) => body),
        bodies,
      );
    });

    it("asks for the body when the client waits to be asked", async (context) => {
      const session = openHttp2(context, url);
      const stream = session.request({ ":method": "POST", ":path": "/", expect: "100-continue" });
      await once(stream, "continue");
      stream.end("asked");
      assert.equal(await text(stream), "asked");
    });

    it("counts the connections that are open", async (context) => {
      await waitUntil("earlier connections gone", () => server.connectionCount() === 0);
      const session = openHttp2(context, url);
      await postHttp2(session, "");
      assert.equal(server.connectionCount(), 1);
      session.close();
      await waitUntil("connection gone", () => server.connectionCount() === 0);
    });
  });
}

describe("a cleartext server", () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer({ host: "127.0.0.1", port: 0, handler: echo });
  });
  after(() => server.close({ graceMs: 0 }));

  it("recognises an HTTP/1.1 request that comes byte by byte", async () => {
    const connection = await openRawConnection(server.port);
    const bytes = "POST /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nslow";
    for (const byte of bytes) {
      connection.socket.write(byte);
      await new Promise(setImmediate);
    }
    assert.match(
      await connection.receive(/slow$/),
      /^HTTP\/1\.1 200 OK\r\nx-version: 1\.1\r\nx-path: \/slow\r\n/,
    );
    await connection.closed();
    connection.socket.destroy();
  });

  it("recognises an HTTP/2 connection whose preface comes byte by byte", async () => {
    const connection = await openRawConnection(server.port);
    const settings = "\0\0\0\x04\0\0\0\0\0";
    for (const byte of `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`) {
      connection.socket.write(byte, "latin1");
      await new Promise(setImmediate);
    }
    const acknowledgement = "\0\0\0\x04\x01\0\0\0\0";
    await waitUntil("settings acknowledged", () => connection.received().includes(acknowledgement));
    connection.socket.destroy();
  });

  it("answers a client that closes its sending side after the request", async () => {
    const connection = await openRawConnection(server.port);
    connection.socket.end("GET /half HTTP/1.1\r\nHost: a\r\n\r\n");
    await connection.receive(/^HTTP\/1\.1 200 OK\r\n/);
    await connection.closed();
  });

  it("answers pipelined requests in order", async () => {
    const connection = await openRawConnection(server.port);
    const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
    connection.socket.write(get("/1") + get("/2") + get("/3"));
    const received = await connection.receive(/x-path: \/3/);
    assert.deepEqual(received.match(/x-path: \/\d/g), ["x-path: /1", "x-path: /2", "x-path: /3"]);
    connection.socket.destroy();
  });

  it("refuses the method CONNECT", async (context) => {
    const session = openHttp2(context, `http://127.0.0.1:${server.port}`);
    const stream = session.request({ ":method": "CONNECT", ":authority": "example.com:443" });
    const [headers] = await once(stream, "response");
    assert.equal(headers[":status"], 405);
    stream.destroy();
  });

  it("says that a port is taken", async () => {
    await assert.rejects(
      startServer({ host: "127.0.0.1", port: server.port, handler: echo }),
      (error: NodeJS.ErrnoException) => error.code === "EADDRINUSE",
    );
  });
});

describe("a server with TLS", () => {
  let server: RunningServer;
  before(async () => {
    server = await startServer({ host: "127.0.0.1", port: 0, handler: echo, tls: identity });
  });
  after(() => server.close({ graceMs: 0 }));

  const offers: readonly [offered: string[], chosen: string | false][] = [
    [["h2", "http/1.1"], "h2"],
    [["http/1.1", "h2"], "h2"],
    [["http/1.1"], "http/1.1"],
    [[], false],
  ];
  for (const [offered, chosen] of offers) {
    it(`chooses ${chosen} from [${offered}]`, async () => {
      const socket = connectTls({
        host: "localhost",
        port: server.port,
        ca: identity.cert,
        ...(offered.length > 0 && { ALPNProtocols: offered }),
      });
      await once(socket, "secureConnect");
      assert.equal(socket.alpnProtocol, chosen);
      assert.ok(socket.authorized);
      socket.destroy();
    });
  }

  it("closes a connection that speaks cleartext, and goes on", async () => {
    const connection = await openRawConnection(server.port);
    connection.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    await connection.closed();
    assert.doesNotMatch(connection.received(), /200/);
    connection.socket.destroy();
    const { version } = await postHttp1(`https://localhost:${server.port}/`, "");
    assert.equal(version, "1.1");
  });

  it("does not start with a certificate and a key that don't belong together", async () => {
    const tls = { cert: identity.cert, key: createSelfSignedCertificate().key };
    await assert.rejects(
      startServer({ host: "127.0.0.1", port: 0, handler: echo, tls }),
      /key values mismatch/,
    );
  });
});

describe("the stream hook", () => {
  it("takes the HTTP/2 requests it answers and leaves the others to the handler", async (context) => {
    const server = await startServer({
      host: "127.0.0.1",
      port: 0,
      handler: echo,
      onStream(stream, headers) {
        if (headers[":path"] !== "/fast") return false;
        stream.respond({ ":status": 200, "x-version": "fast" });
        stream.end("taken");
        return true;
      },
    });
    context.after(() => server.close({ graceMs: 0 }));
    const url = `http://127.0.0.1:${server.port}`;
    const session = openHttp2(context, url);
    assert.deepEqual(await postHttp2(session, "body", { ":path": "/fast" }), {
      status: 200,
      version: "fast",
      body: "taken",
    });
    assert.equal((await postHttp2(session, "body")).version, "2.0");
    assert.equal((await postHttp1(`${url}/fast`, "body")).version, "1.1");
  });
});
