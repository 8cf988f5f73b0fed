/** What characters of a class are called, longest first; what is left over are single characters. */
const classNames: ReadonlyArray<readonly [range: string, name: string]> = [
  ["A-Za-z0-9", "letters, digits"],
  ["A-Z0-9", "capital letters, digits"],
  ["a-z0-9", "small letters, digits"],
  ["A-Za-z", "letters"],
  ["A-Z", "capital letters"],
  ["a-z", "small letters"],
  ["!-~", "the visible ASCII characters, no spaces"],
];

const optionalForm = /^\((.*)\)\?$/;
const decimalForm = /^(-\?)?\[0-9\]\{1,(\d+)\}(?:\(\[\.\]\[0-9\]\{1,(\d+)\}\)\?)?$/;
const classForm = /^(?:\[([^\]]+)\])?\[([^\]]+)\]\{(\d+),(\d+)\}$/;

/** A pattern of the contract in words, for a message such as "account_id: must be 1 to 128 letters, …". */
export function describePattern(pattern: string): string {
  const body = pattern.replace(/^\^/, "").replace(/\$$/, "");
  const inner = optionalForm.exec(body)?.[1];
  const words = describeDecimal(inner ?? body) ?? describeClass(inner ?? body);
  if (words === undefined) return `must have the form ${pattern}`;
  return inner === undefined ? `must be ${words}` : `must be empty or ${words}`;
}

function describeDecimal(body: string): string | undefined {
  const [whole, minus, digits, fraction] = decimalForm.exec(body) ?? [];
  if (whole === undefined) return undefined;
  const sign = minus === undefined ? "without a sign" : "a minus sign allowed";
  const places = fraction === undefined ? "" : ` and ${fraction} after the point`;
  return `a plain decimal such as 12.34 (${sign}, no exponent, at most ${digits} digits before${places})`;
}

function describeClass(body: string): string | undefined {
  const [whole, first, rest = "", least, most] = classForm.exec(body) ?? [];
  if (whole === undefined) return undefined;
  const extra = first === undefined ? 0 : 1;
  const count = `${Number(least) + extra} to ${Number(most) + extra}`;
  const beginning = first === undefined ? "" : `, the first one of ${nameClass(first)}`;
  return `${count} of ${nameClass(rest)}${beginning}`;
}

function nameClass(characters: string): string {
  const [range, name] = classNames.find(([each]) => characters.includes(each)) ?? ["", ""];
  const single = [...characters.replace(range, "")].join(" ");
  return [name, single].filter((part) => part !== "").join(" and ");
}
