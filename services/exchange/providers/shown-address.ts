const secretParameter = /key|token|secret|password|app_?id|auth|sig/i;

/** An address as it may be shown: without credentials, and without the values of parameters that hold keys. */
export function shownAddress(address: string): string {
  const url = URL.parse(address);
  if (url === null) return "";
  url.username = "";
  url.password = "";
  for (const name of [...url.searchParams.keys()])
    if (secretParameter.test(name)) url.searchParams.set(name, "hidden");
  return url.href;
}
