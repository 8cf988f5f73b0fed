/** A whole answer, as it was sent. */
export interface Answer {
  readonly contentType: string;
  readonly body: string;
}

const mostAnswers = 1_000;
const largestBytes = 256 << 10;

/**
 * The last answers of calls with an Idempotency-Key, for callers who lost theirs. In memory: after a restart such
 * a caller hears that the call was charged already.
 */
export class FinishedAnswers {
  readonly #answers = new Map<string, Answer>();

  find(key: string): Answer | undefined {
    return this.#answers.get(key);
  }

  keep(key: string, answer: Answer): void {
    if (answer.body.length > largestBytes) return;
    this.#answers.set(key, answer);
    const oldest = this.#answers.keys().next().value;
    if (this.#answers.size > mostAnswers && oldest !== undefined) this.#answers.delete(oldest);
  }
}
