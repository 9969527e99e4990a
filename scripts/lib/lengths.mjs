/**
 * The limits for files in all languages, and for functions in C++ and Python; Biome checks TypeScript's functions.
 * Tests may be longer. A file or function that is longer for a reason is listed in {@link EXCEPTIONS} with that reason.
 */

const FILE_LINES = 400;
const FUNCTION_LINES = 60;

/** Path, or path:function, to the reason why it may be longer. @type {Readonly<Record<string, string>>} */
const EXCEPTIONS = {};

/**
 * @param {string} file Path relative to the repository, with forward slashes.
 * @param {string} text
 * @param {Readonly<Record<string, string>>} [exceptions]
 * @returns {string[]} One line for each file or function that is too long.
 */
export function tooLong(file, text, exceptions = EXCEPTIONS) {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const found = [];
  if (lines.length > FILE_LINES && !Object.hasOwn(exceptions, file)) {
    found.push(`${file}:1: the file has ${lines.length} lines, more than ${FILE_LINES}`);
  }
  const functions = /\.(cc|h)$/.test(file) ? cppFunctions(lines) : file.endsWith(".py") ? pythonFunctions(lines) : [];
  // A test is a list of checks or a table of cases.
  const mayBeLong = /^(native\/)?test\//.test(file);
  for (const { name, start, end } of mayBeLong ? [] : functions) {
    const length = end - start + 1;
    if (length <= FUNCTION_LINES || Object.hasOwn(exceptions, `${file}:${name}`)) continue;
    found.push(`${file}:${start + 1}: ${name} has ${length} lines, more than ${FUNCTION_LINES}`);
  }
  return found;
}

/** @typedef {{name: string, start: number, end: number}} Span of lines, counted from 0, both ends included */

/**
 * Finds functions in code that clang-format has formatted: the head begins in some column, and the closing brace is the
 * next one in that column. Lambdas and local classes count as part of the function around them.
 *
 * @param {string[]} lines
 * @returns {Span[]}
 */
function cppFunctions(lines) {
  const found = [];
  for (let start = 0; start < lines.length; start++) {
    const head = /^( *)(?![ #/}])(?!(?:if|for|while|switch|else|return|do|case|namespace|extern|using)\b)/.exec(
      lines[start] ?? "",
    );
    if (!head) continue;
    const opens = headEnd(lines, start);
    if (opens === undefined) continue;
    const text = lines.slice(start, opens + 1).join(" ");
    const name = /([\w:~]+)\s*\(/.exec(text.replace(/^\s*template\s*<[^{(]*>\s*/, ""))?.[1];
    if (name === undefined || /^\s*(struct|class|enum|union)\b|^[^(]*=\s*[^(]*\{/.test(text)) continue;
    const end = lines.findIndex((line, index) => index > opens && line.startsWith(`${head[1]}}`));
    if (end === -1) continue;
    found.push({ name, start, end });
    start = end;
  }
  return found;
}

/** The line with the brace that opens the body of what begins at `start`, if something like a function does. @param {string[]} lines @param {number} start */
function headEnd(lines, start) {
  for (let index = start; index < Math.min(lines.length, start + 16); index++) {
    const line = (lines[index] ?? "").replace(/\/\/.*$/, "").trimEnd();
    if (line.endsWith("{")) {
      return lines
        .slice(start, index + 1)
        .join(" ")
        .includes("(")
        ? index
        : undefined;
    }
    if (line === "" || line.endsWith(";") || line.endsWith("}")) return undefined;
  }
  return undefined;
}

/** @param {string[]} lines @returns {Span[]} */
function pythonFunctions(lines) {
  const found = [];
  for (const [start, line] of lines.entries()) {
    const head = /^( *)(?:async )?def (\w+)/.exec(line);
    if (!head) continue;
    const indent = (head[1] ?? "").length;
    // The head may go over several lines, and closes with a parenthesis in the column where it began.
    const isOutside = (/** @type {string} */ text) =>
      text.trim() !== "" && indentOf(text) <= indent && !/^ *\)/.test(text);
    const next = lines.findIndex((text, index) => index > start && isOutside(text));
    let end = (next === -1 ? lines.length : next) - 1;
    while (end > start && (lines[end] ?? "").trim() === "") end--;
    found.push({ name: head[2] ?? "", start, end });
  }
  return found;
}

/** @param {string} text */
function indentOf(text) {
  return text.length - text.trimStart().length;
}
