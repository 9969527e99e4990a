/** Whether a file may be read at all. Plain data in and out; the caller gathers the facts. */

/** Why nothing of a file may be read. */
export type Refusal = "excluded" | "ignored" | "untrusted";

export interface FileFacts {
  /** Whether the setting "sterna.inline.exclude" lists it. */
  isExcluded: boolean;
  isIgnoredByGit: boolean;
  /** The setting "sterna.readIgnoredFiles". */
  readsIgnored: boolean;
  /** Whether the user trusts the workspace. */
  isTrusted: boolean;
  /** Whether the user has opened the file. */
  isOpen: boolean;
}

export function refusalOf(facts: FileFacts): Refusal | undefined {
  if (facts.isExcluded) return "excluded";
  if (facts.isIgnoredByGit && !facts.readsIgnored) return "ignored";
  if (!facts.isTrusted && !facts.isOpen) return "untrusted";
  return undefined;
}

/** @param name the file's name. */
export function refusalSentence(refusal: Refusal, name: string): string {
  switch (refusal) {
    case "excluded":
      return `Sterna does not read ${name}: the setting "sterna.inline.exclude" lists it.`;
    case "ignored":
      return `Sterna does not read ${name}: git ignores it, and the setting "sterna.readIgnoredFiles" is off.`;
    case "untrusted":
      return `Sterna does not read ${name}: in a workspace that is not trusted it reads only files that are open.`;
  }
}
