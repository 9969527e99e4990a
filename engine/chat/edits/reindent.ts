/** Fits code that a model has written to the indentation of the place where it will stand. */
import { commonIndent, indentOf, isBlank } from "../../text/lines.ts";

/** Steps that models indent by when they do not follow the file. */
const USUAL_STEPS = [2, 3, 4];
const CLOSER = /^\s*([)\]}]|end\b)/;

/**
 * @param original the lines that are replaced; their common indentation is kept.
 * @param unit one step of indentation in this file.
 */
export function reindent(lines: readonly string[], original: readonly string[], unit: number | "tab"): string[] {
  const base = commonIndent(original);
  const bare = withoutCommonIndent(lines, base, unit);
  const step = stepOf(bare);
  const keeps = step === stepOf(withoutCommonIndent(original, "", unit));
  return bare.map((line) => {
    const indent = indentOf(line);
    return line === "" ? "" : base + (keeps ? indent : converted(indent, step, unit)) + line.slice(indent.length);
  });
}

/** Blank lines become empty. */
function withoutCommonIndent(lines: readonly string[], base: string, unit: number | "tab"): string[] {
  const strip = (line: string, prefix: string) => (isBlank(line) ? "" : line.slice(prefix.length));
  const [first = "", ...rest] = lines;
  // Some answers leave out the indentation of the first line alone.
  const restIndent = commonIndent(rest);
  const inner = base + (unit === "tab" ? "\t" : " ".repeat(unit));
  const last = rest.findLast((line) => !isBlank(line)) ?? "";
  const closes = CLOSER.test(last) && indentOf(last) === base;
  if (base !== "" && indentOf(first) === "" && (closes || restIndent === inner) && restIndent.startsWith(base)) {
    return [first, ...rest.map((line) => strip(line, base))];
  }
  const common = commonIndent(lines);
  return lines.map((line) => strip(line, common));
}

/** Spaces of one step in these lines, or "tab"; undefined when nothing is indented, or by an unusual width. */
function stepOf(lines: readonly string[]): number | "tab" | undefined {
  const indents = lines.map(indentOf).filter((indent) => indent !== "");
  if (indents.some((indent) => indent.startsWith("\t"))) {
    return "tab";
  }
  const smallest = Math.min(...indents.map((indent) => indent.length));
  return USUAL_STEPS.includes(smallest) ? smallest : undefined;
}

/** White space in steps of another width. What is no whole step (aligned lines) keeps its spaces. */
function converted(indent: string, from: number | "tab" | undefined, to: number | "tab"): string {
  if (from === undefined || from === to || indent === "") {
    return indent;
  }
  const steps = from === "tab" ? indent.replaceAll(/[^\t]/g, "").length : Math.floor(indent.length / from);
  const rest = from === "tab" ? indent.replaceAll("\t", "") : " ".repeat(indent.length % from);
  return (to === "tab" ? "\t".repeat(steps) : " ".repeat(steps * to)) + rest;
}
