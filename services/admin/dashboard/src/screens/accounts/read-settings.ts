import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Account, LowBalanceThreshold } from "#gen/billing/core/v1/account_pb.ts";
import type { UpdateAccountRequestSchema } from "#gen/billing/core/v1/account_rpc_pb.ts";
import { Decimal } from "#money/decimal.ts";

/** The settings of an account as they are typed. */
export interface SettingsForm {
  readonly creditLimit: string;
  /** Empty for the default book. */
  readonly priceBook: string;
  /** One a line: `tier = gold`. */
  readonly labels: string;
  /** One a line: `25` or `10 %`. */
  readonly thresholds: string;
}

/** One setting that would be another. */
export interface SettingChange {
  readonly name: string;
  readonly before: string;
  readonly after: string;
}

/** What a form asks for. */
export interface SettingsChange {
  /** What is wrong with it; empty if nothing is. */
  readonly problem: string;
  readonly changes: readonly SettingChange[];
  /** The settings that are named, for UpdateAccount. */
  readonly request: MessageInitShape<typeof UpdateAccountRequestSchema>;
}

const labelForm = /^\s*([A-Za-z0-9_.-]{1,64})\s*=\s*(.{0,255}?)\s*$/;
const percentForm = /^([1-9][0-9]?)\s*%$/;
const amountForm = /^[0-9]{1,18}([.][0-9]{1,9})?$/;
const mostThresholds = 8;
const mostLabels = 32;

/** The form as an account fills it. */
export function toSettingsForm(account: Account): SettingsForm {
  return {
    creditLimit: account.creditLimit?.amount ?? "0",
    priceBook: account.priceBook,
    labels: Object.entries(account.labels)
      .map(([name, value]) => `${name} = ${value}`)
      .join("\n"),
    thresholds: account.lowBalanceThresholds.map(thresholdText).join("\n"),
  };
}

/** Reads a form as a change of an account: only what is another than before is named. */
export function readSettings(account: Account, form: SettingsForm): SettingsChange {
  const parts = [readLimit, readBook, readLabels, readThresholds].map((read) => read(account, form));
  const changes = parts.flatMap((part) => part.changes ?? []);
  const problem = parts.map((part) => part.problem ?? "").find((each) => each !== "");
  return {
    problem: problem ?? (changes.length === 0 ? "Nothing is another than before." : ""),
    changes,
    request: Object.assign({}, ...parts.map((part) => part.request ?? {})),
  };
}

/** A threshold as it is typed. */
function thresholdText({ level }: LowBalanceThreshold): string {
  return level.case === "percentOfLastCredit" ? `${level.value} %` : String(level.value ?? "0");
}

function readLimit(account: Account, { creditLimit }: SettingsForm): Partial<SettingsChange> {
  const before = account.creditLimit?.amount ?? "0";
  const { currencyCode, ledgerScale } = account;
  let limit: Decimal;
  try {
    limit = Decimal.parse(creditLimit.trim(), { integerDigits: 18, fractionDigits: ledgerScale });
  } catch (error) {
    return { problem: `Credit limit: ${(error as Error).message}.` };
  }
  if (limit.isNegative()) return { problem: "Credit limit: it is 0 or more." };
  if (limit.equals(Decimal.parse(before))) return {};
  const after = limit.toString();
  return {
    changes: [
      { name: "Credit limit", before: `${before} ${currencyCode}`, after: `${after} ${currencyCode}` },
    ],
    request: { creditLimit: { currencyCode, amount: after } },
  };
}

function readBook({ priceBook: before }: Account, { priceBook }: SettingsForm): Partial<SettingsChange> {
  if (priceBook === before) return {};
  return {
    changes: [{ name: "Price book", before: before || "default", after: priceBook || "default" }],
    request: { priceBook },
  };
}

function readLabels({ labels: before }: Account, form: SettingsForm): Partial<SettingsChange> {
  const after: Record<string, string> = {};
  for (const line of linesOf(form.labels)) {
    const [, name, value] = labelForm.exec(line) ?? [];
    if (name === undefined || value === undefined)
      return { problem: `Labels: “${line}” is not of the form name = value.` };
    if (Object.hasOwn(after, name)) return { problem: `Labels: ${name} stands there twice.` };
    after[name] = value;
  }
  if (Object.keys(after).length > mostLabels) return { problem: `Labels: at most ${mostLabels}.` };
  const setLabels = Object.fromEntries(
    Object.entries(after).filter(([name, value]) => before[name] !== value),
  );
  const removeLabels = Object.keys(before).filter((name) => !Object.hasOwn(after, name));
  const changed = [...Object.keys(setLabels), ...removeLabels];
  return {
    changes: changed.map((name) => ({
      name: `Label ${name}`,
      before: before[name] ?? "none",
      after: after[name] ?? "none",
    })),
    request: changed.length === 0 ? {} : { setLabels, removeLabels },
  };
}

function readThresholds(account: Account, form: SettingsForm): Partial<SettingsChange> {
  const lines = linesOf(form.thresholds);
  if (lines.length > mostThresholds) return { problem: `Low balance: at most ${mostThresholds} levels.` };
  const levels: LowBalanceThreshold["level"][] = [];
  for (const line of lines) {
    const percent = percentForm.exec(line)?.[1];
    if (percent !== undefined) levels.push({ case: "percentOfLastCredit", value: Number(percent) });
    else if (amountForm.test(line)) levels.push({ case: "amount", value: line });
    else return { problem: `Low balance: “${line}” is neither an amount nor a percentage such as 10 %.` };
  }
  const before = account.lowBalanceThresholds.map(thresholdText).join(", ");
  const after = lines.join(", ");
  if (after === before) return {};
  return {
    changes: [{ name: "Low balance", before: before || "none", after: after || "none" }],
    request: { lowBalanceThresholds: { thresholds: levels.map((level) => ({ level })) } },
  };
}

function linesOf(text: string): string[] {
  return text
    .split(/\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
