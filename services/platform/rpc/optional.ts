/** A field of a message that is set only where there is a value. */
export function optional<const N extends string, V, M>(
  name: N,
  value: V | undefined,
  messageOf: (value: V) => M,
): Partial<Record<N, M>> {
  return value === undefined ? {} : ({ [name]: messageOf(value) } as Record<N, M>);
}
