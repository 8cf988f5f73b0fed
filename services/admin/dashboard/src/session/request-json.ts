/** An answer of Admin's HTTP side that is a problem (RFC 9457), or none that can be read. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem";
  /** HTTP status; 0 if there was no answer. */
  readonly status: number;
  readonly reason: string;
  readonly advice: string;
  readonly requestId: string;

  constructor(status: number, problem: Readonly<Record<string, unknown>>, cause?: unknown) {
    super(String(problem.detail ?? "The server did not answer."), { cause });
    this.status = status;
    this.reason = String(problem.reason ?? "");
    this.advice = String(problem.advice ?? "");
    this.requestId = String(problem.request_id ?? "");
  }
}

const timeoutMs = 15_000;

/** Calls a route of this origin. @throws HttpProblem. */
export async function requestJson<Answer>(
  method: "GET" | "POST" | "DELETE",
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  const response = await fetch(path, {
    method,
    headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
    signal: AbortSignal.timeout(timeoutMs),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: unknown) => {
    throw new HttpProblem(0, {}, error);
  });
  const answer: unknown = await response.json().catch(() => ({}));
  if (!response.ok) throw new HttpProblem(response.status, answer as Record<string, unknown>);
  return answer as Answer;
}
