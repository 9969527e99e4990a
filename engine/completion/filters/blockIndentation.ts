import { type CursorContext, lineBefore } from "../../text/cursor.ts";
import { type Filter, keep } from "./filter.ts";

/** Writes the indentation of the text with tabs or spaces, as the editor does. */
export const indentation: Filter = ({ text, replaceLength }, context) => {
  const style = context.indent ?? styleOf(context);
  const [first = "", ...others] = text.split("\n");
  const line = lineBefore(context.prefix);
  // White space after text is not indentation.
  const head = line.trim() === "" ? rewrite(first, style) : first;
  return keep([head, ...others.map((other) => rewrite(other, style))].join("\n"), replaceLength);
};

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
