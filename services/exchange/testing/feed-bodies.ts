/** What providers answer, in their own forms, for tests. */
import { zipSync } from "fflate";
import type { RateFormat } from "../domain/providers/provider-directory.ts";

/** Rates of a day for one euro, in the digits that are published. */
export interface FeedDay {
  /** For example 2026-04-14. */
  readonly day: string;
  readonly rates: Readonly<Record<string, string>>;
}

/** 14:00 UTC, which is 16:00 in Frankfurt in summer. */
const secondsOf = (day: string) => Date.parse(`${day}T14:00:00Z`) / 1_000;
const numbers = (rates: FeedDay["rates"]) =>
  Object.entries(rates)
    .map(([code, rate]) => `"${code}":${rate}`)
    .join(",");

export function ecbXml(days: readonly FeedDay[]): string {
  const cubes = days.map(({ day, rates }) => {
    const cells = Object.entries(rates).map(([code, rate]) => `<Cube currency="${code}" rate="${rate}"/>`);
    return `<Cube time="${day}">${cells.join("")}</Cube>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref"><gesmes:subject>Reference rates</gesmes:subject><Cube>${cubes.join("")}</Cube></gesmes:Envelope>`;
}

export function ecbCsv(days: readonly FeedDay[]): string {
  const codes = [...new Set(days.flatMap(({ rates }) => Object.keys(rates)))];
  const lines = days
    .toSorted((left, right) => (left.day < right.day ? 1 : -1))
    .map(({ day, rates }) => [day, ...codes.map((code) => rates[code] ?? "N/A")].join(","));
  return [`Date,${codes.join(",")}`, ...lines].map((line) => `${line},\n`).join("");
}

/** The same as the ECB offers it. */
export function ecbZip(days: readonly FeedDay[]): Buffer {
  return Buffer.from(zipSync({ "eurofxref-hist.csv": Buffer.from(ecbCsv(days)) }));
}

/** The answer of a provider of each format to the question for one day. */
export const feedBodies: Readonly<Record<RateFormat, (day: FeedDay) => string | Buffer>> = {
  "ecb-daily": (day) => ecbXml([day]),
  "ecb-history": (day) => ecbZip([day]),
  "frankfurter-v1": ({ day, rates }) =>
    `{"amount":1.0,"base":"EUR","date":"${day}","rates":{${numbers(rates)}}}`,
  "frankfurter-v2": ({ day, rates }) =>
    `[${Object.entries(rates)
      .map(([code, rate]) => `{"date":"${day}","base":"EUR","quote":"${code}","rate":${rate}}`)
      .join(",")}]`,
  "open-exchange-rates": ({ day, rates }) =>
    `{"disclaimer":"…","license":"…","timestamp":${secondsOf(day)},"base":"EUR","rates":{"EUR":1,${numbers(rates)}}}`,
  "open-er-api": ({ day, rates }) =>
    `{"result":"success","provider":"https://www.exchangerate-api.com","time_last_update_unix":${secondsOf(day)},"base_code":"EUR","rates":{"EUR":1,${numbers(rates)}}}`,
  "static-file": ({ day, rates }) =>
    JSON.stringify({ base: "EUR", published_at: `${day}T16:00:00+02:00`, rates }),
};
