/** Holds money for a call to a model, and settles what it really cost: node examples/clients/typescript/main.ts acme */
import { createHoldfast, HoldfastError } from "../../../client/node.ts";

const accountId = process.argv[2] ?? "acme";
const usage = (input: string, output: string) => ({
  usage: { priceId: "openai/gpt-4o", quantities: { input_tokens: input, output_tokens: output } },
});

const holdfast = createHoldfast();
try {
  const { commit } = await holdfast.core.withReservation(accountId, usage("1200", "1000"), (hold) => {
    const { amount, currencyCode } = hold.reservation.reserved!;
    console.log(`held    ${amount} ${currencyCode}`);
    // … the expensive call. If it throws, the hold is released.
    return usage("1187", "342");
  });
  console.log(`charged ${commit.reservation?.captured?.amount}`);
  console.log(`left    ${commit.balance?.available?.amount}`);
} catch (error) {
  if (!(error instanceof HoldfastError)) throw error;
  console.error(`not to be made: ${error.message}`);
  process.exitCode = 1;
} finally {
  holdfast.close();
}
