/** Runs a step for 0 … count − 1, a number of them always under way. */
export async function runMany(
  count: number,
  atOnce: number,
  step: (index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await step(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
