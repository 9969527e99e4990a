import { scanAtCursor } from "../../text/codeState.ts";
import { type CursorContext, lineBefore } from "../../text/cursor.ts";
import { type Filter, keep } from "./filter.ts";

/** Writes the indentation of the text with tabs or spaces, as the editor does. What is within strings is left as it is. */
export const indentation: Filter = ({ text, replaceLength }, context) => {
  const style = context.indent ?? styleOf(context);
  const before = lineBefore(context.prefix);
  const lines = text.split("\n");
  // White space after text is not indentation.
  const written = lines.map((line, index) => (index > 0 || before.trim() === "" ? rewrite(line, style) : line));
  if (written.every((line, index) => line === lines[index])) return keep(text, replaceLength);
  const isInString = linesInStrings(lines, context);
  return keep(lines.map((line, index) => (isInString[index] ? line : written[index])).join("\n"), replaceLength);
};

/** Of each line of a text at the cursor, whether it begins within a string. */
function linesInStrings(lines: readonly string[], context: CursorContext): boolean[] {
  const { frameAt } = scanAtCursor(context, lines.join("\n"));
  let start = lineBefore(context.prefix).length;
  return lines.map((line, index) => {
    const frame = frameAt(index === 0 ? 0 : start);
    start += line.length + 1;
    return frame?.kind === "string";
  });
}

type Style = NonNullable<CursorContext["indent"]>;

function rewrite(line: string, style: Style | undefined): string {
  const white = /^[ \t]*/.exec(line)?.[0] ?? "";
  if (style === undefined || white === "") {
    return line;
  }
  const { insertSpaces, tabSize } = style;
  let columns = 0;
  for (const character of white) {
    columns += character === "\t" ? tabSize : 1;
  }
  const tabs = insertSpaces ? 0 : Math.floor(columns / tabSize);
  return "\t".repeat(tabs) + " ".repeat(columns - tabs * tabSize) + line.slice(white.length);
}

/** The style of a document whose editor does not state it: tabs when all its indented lines begin with tabs. */
function styleOf({ prefix, below }: CursorContext): Style | undefined {
  const lines = `${prefix}\n${below ?? ""}`.split("\n");
  const tabs = lines.filter((line) => line.startsWith("\t")).length;
  const spaces = lines.filter((line) => line.startsWith("  ")).length;
  return tabs > 0 && spaces === 0 ? { insertSpaces: false, tabSize: 4 } : undefined;
}
