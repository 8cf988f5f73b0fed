import { connect, type Socket } from "node:net";
import {
  connectionStart,
  firstHeaderBlock,
  frame,
  frameFlags,
  frameHeadBytes,
  frameTypes,
  laterHeaderBlock,
} from "./http2-frames.ts";

/** Told of each answer; the message is empty if the call failed. */
export type AnswerListener = (tag: number, message: Buffer) => void;

const prefixBytes = 5;
const noMessage = Buffer.alloc(0);

/** One connection that makes gRPC calls with the same headers, at a fraction of what a client library costs. */
export class LoadConnection {
  readonly #socket: Socket;
  readonly #fields: ReadonlyArray<readonly [string, string]>;
  readonly #onAnswer: AnswerListener;
  readonly #calls = new Map<number, { tag: number; message: Buffer }>();
  #headerBlock: Buffer | undefined;
  #nextStream = 1;
  #unsent: Buffer[] = [];
  #held: Buffer = noMessage;

  constructor(port: number, path: string, token: string, onAnswer: AnswerListener) {
    this.#fields = [
      [":method", "POST"],
      [":scheme", "http"],
      [":path", path],
      [":authority", `127.0.0.1:${port}`],
      ["content-type", "application/grpc+proto"],
      ["te", "trailers"],
      ["user-agent", "load/1"],
      ["authorization", `Bearer ${token}`],
    ];
    this.#onAnswer = onAnswer;
    this.#socket = connect({ port, host: "127.0.0.1", noDelay: true });
    this.#socket.write(connectionStart());
    this.#socket.on("data", (chunk) => this.#read(chunk));
    this.#socket.on("error", (error) => {
      throw error;
    });
  }

  /** Puts a call among those to send; `flush` sends them. */
  call(tag: number, message: Uint8Array): void {
    const stream = this.#nextStream;
    this.#nextStream += 2;
    const block = this.#headerBlock ?? firstHeaderBlock(this.#fields);
    this.#headerBlock ??= laterHeaderBlock(this.#fields);
    const payload = Buffer.allocUnsafe(prefixBytes + message.length);
    payload[0] = 0;
    payload.writeUInt32BE(message.length, 1);
    payload.set(message, prefixBytes);
    this.#calls.set(stream, { tag, message: noMessage });
    this.#unsent.push(frame(frameTypes.headers, frameFlags.endHeaders, stream, block));
    this.#unsent.push(frame(frameTypes.data, frameFlags.endStream, stream, payload));
  }

  flush(): void {
    if (this.#unsent.length === 0) return;
    this.#socket.write(this.#unsent.length === 1 ? this.#unsent[0]! : Buffer.concat(this.#unsent));
    this.#unsent = [];
  }

  close(): void {
    this.#socket.removeAllListeners("error");
    this.#socket.on("error", () => {});
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let at = 0;
    while (bytes.length - at >= frameHeadBytes) {
      const end = at + frameHeadBytes + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      this.#take(
        bytes[at + 3]!,
        bytes[at + 4]!,
        bytes.readUInt32BE(at + 5),
        bytes.subarray(at + frameHeadBytes, end),
      );
      at = end;
    }
    this.#held = bytes.subarray(at);
    this.flush();
  }

  #take(type: number, flags: number, stream: number, payload: Buffer): void {
    const isAcknowledgement = (flags & frameFlags.acknowledge) !== 0;
    if (type === frameTypes.goAway) throw new Error("the server closes the connection");
    if (type === frameTypes.settings && !isAcknowledgement)
      this.#unsent.push(frame(type, frameFlags.acknowledge, 0, noMessage));
    if (type === frameTypes.ping && !isAcknowledgement)
      this.#unsent.push(frame(type, frameFlags.acknowledge, 0, payload));
    const call = this.#calls.get(stream);
    if (call === undefined) return;
    if (type === frameTypes.data && payload.length > 0)
      call.message = call.message.length === 0 ? payload : Buffer.concat([call.message, payload]);
    const hasEnded =
      (type === frameTypes.data || type === frameTypes.headers) && (flags & frameFlags.endStream) !== 0;
    if (!hasEnded && type !== frameTypes.reset) return;
    this.#calls.delete(stream);
    this.#onAnswer(call.tag, call.message.subarray(prefixBytes));
  }
}
