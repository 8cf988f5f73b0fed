/** Terms that price a unit. */
export const unitTerms = (unitAmount: string, currencyCode = "USD") => ({
  currencyCode,
  components: [
    {
      componentId: "units",
      meter: "units",
      variants: [{ model: { case: "perUnit" as const, value: { unitAmount } } }],
    },
  ],
});
