/** What the page about the workspace's index says: plain data in, text out. Free of `vscode`. */
import type { RepositoryStatus } from "../../engine/protocol/repository.ts";

export interface LeftOut {
  reason: string;
  files: number;
  examples: readonly string[];
}

const OFF = "Nothing: by the settings, Sterna reads the open file alone, or makes no index (sterna.repository.index).";

/** Why a file is not in the index, as the end of a sentence. */
const REASONS: Record<string, string> = {
  ignored: "git ignores them, and the setting sterna.readIgnoredFiles is off",
  excluded: "the setting sterna.inline.exclude lists them",
  untrusted: "the workspace is not trusted",
  "too-many": "there are more files than are indexed; those nearest to the top come first",
  "no-language": "they are prose, data, or in a language that Sterna does not know",
  "too-large": "they are larger than 256 KB",
  generated: "programs have written them",
  minified: "their lines are too long to be written by people",
  binary: "they are no text",
  secret: "they hold a private key",
  "no-room": "the memory for the index is full; the files changed last come first",
  unreadable: "they could not be read",
};

/**
 * @param status undefined when the engine does not run.
 * @param refused files, and folders with all that is in them, that the engine is never told of.
 */
export function indexReport(status: RepositoryStatus | undefined, isOn: boolean, refused: readonly LeftOut[]): string {
  const lines = ["# What Sterna knows of this workspace", ""];
  if (!isOn) return [...lines, OFF, ""].join("\n");
  if (status === undefined) return [...lines, "Nothing: the engine does not run.", ""].join("\n");
  const { files, textBytes, indexBytes, limitBytes, dependencies, waiting, leftOut } = status;
  lines.push(
    `${plural(files, "file")} with ${size(textBytes)} of text. The index takes ${size(indexBytes)} of memory, of at most ` +
      `${size(limitBytes)}. It is in memory only, and nothing of it leaves this machine.`,
  );
  if (dependencies !== undefined) {
    lines.push(
      "",
      `Dependencies: ${plural(dependencies.packages, "package")} that open files import, of which ` +
        `${plural(dependencies.files, "file")} with ${size(dependencies.textBytes)} of text ` +
        `${dependencies.files === 1 ? "is" : "are"} in the index.`,
    );
  }
  if (waiting > 0) lines.push("", `${plural(waiting, "file")} will be read when the model is idle.`);
  const all = [...leftOut, ...refused].filter((each) => each.files > 0);
  lines.push("", "## What is left out", "");
  if (all.length === 0) lines.push("Nothing.");
  for (const { reason, files: count, examples } of all) {
    if (reason === "too-many") {
      lines.push(`- ${REASONS[reason]}.`.replace("there", "There"));
      continue;
    }
    lines.push(`- ${plural(count, reason === "ignored" ? "file or folder" : "file")}: ${REASONS[reason] ?? reason}.`);
    const more = examples.length > 0 && count > examples.length ? [`and ${count - examples.length} more`] : [];
    lines.push(...[...examples, ...more].map((each) => `  - ${each}`));
  }
  return [...lines, ""].join("\n");
}

function plural(count: number, what: string): string {
  const [first, ...rest] = what.split(" ");
  const word = count === 1 ? first : `${first}s`;
  const others = rest.map((each) => (count === 1 || each === "or" ? each : `${each}s`));
  return [count.toLocaleString("en"), word, ...others].join(" ");
}

/** With the unit that people read. */
function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} bytes`;
  const [value, unit] = bytes < 2 ** 20 ? [bytes / 1024, "KB"] : [bytes / 2 ** 20, "MB"];
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
