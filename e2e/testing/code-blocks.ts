/** The code of all blocks of a page in this language, in order. */
export function codeBlocks(markdown: string, language: string): string[] {
  const pattern = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms");
  return [...markdown.matchAll(pattern)].map(([, code = ""]) => code);
}

/** The part of a page under this heading, up to the next one. @throws Error if there is none. */
export function sectionOf(markdown: string, heading: string): string {
  const [, section] = markdown.split(new RegExp(`^## ${heading}$`, "m"));
  if (section === undefined) throw new Error(`the page has no heading ${heading}`);
  return section.split(/^## /m)[0] ?? "";
}
