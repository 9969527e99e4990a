/**
 * Two rules for names. Private members of classes begin with `#`, which hides them at run time as well; `private` is only
 * for constructors, for which JavaScript has no `#`. And no two files of code have the same name, so that opening a file by
 * its name leads to one place.
 */
import path from "node:path/posix";

/** Names that several folders may have, with the reason. @type {Readonly<Record<string, string>>} */
const SHARED_NAMES = {
  "main.ts": "the entry point of a program",
  "run.mjs": "bundles and starts the program beside it",
  "index.ts": "the list of what a folder offers",
  "register.ts": "registers a feature of the extension",
  "chat.ts": "messages, and the element of the page that shows them",
  "conversations.ts": "messages, and what answers them",
  "codeActions.ts": "the same feature in VS Code and in other editors",
  "codeContext.ts": "the same feature in VS Code and in other editors",
  "documentMirror.ts": "the same feature in VS Code and in other editors",
  "features.ts": "what the gate, and next edits, are decided by",
  "history.ts": "what the gate, and next edits, remember",
  "weights.ts": "the fitted numbers of the gate and of next edits",
};

/** A command of the command line is a file of the command's name; tests have the names of their subjects in every suite. */
const NAMED_AFTER_ANOTHER = /^engine\/cli\/\w+\.ts$|^(native\/)?test\/|^training\/requirements/;

/** A template literal, which may hold a sample of code, such as the document of a test. */
const SAMPLE = /[=(:,[]\s*`[^`]*`/g;

/**
 * @param {string} file Path relative to the repository, with forward slashes.
 * @param {string} text
 * @returns {string[]} One line for each private member without `#`.
 */
export function privateWords(file, text) {
  if (!file.endsWith(".ts") || file.startsWith("test/fixtures/")) return [];
  const found = [];
  const code = text.replace(SAMPLE, (sample) => sample.replace(/[^\n]/g, ""));
  for (const [index, line] of code.split("\n").entries()) {
    const isMember = /^\s*private\s+(?!constructor\b)[\w#[]/.test(line);
    const isParameter = /[(,]\s*private\s+(?:readonly\s+)?\w+\??:/.test(line);
    if (isMember || isParameter) found.push(`${file}:${index + 1}: a private member begins with #`);
  }
  return found;
}

/**
 * @param {readonly string[]} files Paths relative to the repository, with forward slashes.
 * @returns {string[]} One line for each file that has the name of an earlier one.
 */
export function sameNames(files) {
  const found = [];
  /** @type {Map<string, string>} */
  const first = new Map();
  for (const file of files) {
    const name = path.basename(file);
    if (Object.hasOwn(SHARED_NAMES, name) || NAMED_AFTER_ANOTHER.test(file)) continue;
    const other = first.get(name);
    if (other === undefined) first.set(name, file);
    else found.push(`${file}:1: has the name of ${other}`);
  }
  return found;
}
