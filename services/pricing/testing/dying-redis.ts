import { CommonError } from "#platform/errors/common-error.ts";
import type { Redis } from "#platform/redis/redis.ts";

/** A Redis as a process sees it that dies at a moment which a test chooses. */
export interface DyingRedis {
  readonly redis: Redis;
  /** From now on so many commands are answered; of the next one `isExecuted` says whether Redis runs it. */
  dieAfter(commands: number, isExecuted: boolean): void;
}

/** Wraps a connection. Until told to die it is like the one that it wraps. */
export function createDyingRedis(redis: Redis): DyingRedis {
  let left = Number.POSITIVE_INFINITY;
  let isLastExecuted = false;
  const gone = () => new CommonError("STORE_UNAVAILABLE", "the process is dead");
  return {
    redis: {
      ...redis,
      async command<T>(key: string, args: Parameters<Redis["command"]>[1]) {
        left -= 1;
        if (left >= 0) return redis.command<T>(key, args);
        if (left === -1 && isLastExecuted) await redis.command(key, args);
        throw gone();
      },
    },
    dieAfter(commands, isExecuted) {
      left = commands;
      isLastExecuted = isExecuted;
    },
  };
}
