/** The code actions that are offered for a place, the same as in VS Code. Plain data in and out. */
import * as v from "valibot";
import { type CodeAction, CodeActionKind, type Diagnostic, type Range } from "vscode-languageserver/node";
import { text } from "../protocol/checked.ts";
import { editTask } from "../protocol/tasks.ts";
import * as shapes from "./shapes.ts";

export const EDIT_COMMAND = "sterna.edit";
export const EXPLAIN_COMMAND = "sterna.explain";

/** What is to be done, and where: the data of a code action, and the argument of a command. */
export const commandPlace = v.object({
  task: v.optional(editTask, "edit"),
  uri: text,
  range: shapes.range,
  /** The user's instruction, or the problem to fix. */
  instruction: v.optional(text, ""),
});
export type CommandPlace = v.InferOutput<typeof commandPlace>;

const REWRITES: [task: CommandPlace["task"], title: string][] = [
  ["refactor", "Refactor with Sterna"],
  ["document", "Document with Sterna"],
  ["tests", "Write tests with Sterna"],
];

export interface OfferRequest {
  uri: string;
  range: Range;
  diagnostics: readonly Diagnostic[];
  /** The only kinds that the client wants; undefined for all. */
  only: readonly string[] | undefined;
  /** Whether the client asks for an action's edit after it was chosen; other clients get a command. */
  resolves: boolean;
}

export function offeredActions({ uri, range, diagnostics, only, resolves }: OfferRequest): CodeAction[] {
  const action = (title: string, kind: string, place: CommandPlace): CodeAction => ({
    title,
    kind,
    ...(resolves ? { data: place } : { command: { command: EDIT_COMMAND, title, arguments: [place] } }),
  });
  const fixes = diagnostics.map((diagnostic) => ({
    ...action("Fix with Sterna", CodeActionKind.QuickFix, {
      task: "fix",
      uri,
      range: diagnostic.range,
      instruction: messageOf(diagnostic),
    }),
    diagnostics: [diagnostic],
  }));
  const isEmpty = range.start.line === range.end.line && range.start.character === range.end.character;
  // Without this condition every line would have a light bulb, in clients that show one.
  const rewrites = isEmpty && only?.some((kind) => isWithin(CodeActionKind.RefactorRewrite, kind)) !== true;
  const place = { uri, range, instruction: "" };
  const explain = "Explain with Sterna";
  const all = [
    ...fixes,
    ...(rewrites
      ? []
      : [
          ...REWRITES.map(([task, title]) => action(title, CodeActionKind.RefactorRewrite, { task, ...place })),
          {
            title: explain,
            kind: CodeActionKind.RefactorRewrite,
            command: { command: EXPLAIN_COMMAND, title: explain, arguments: [{ task: "edit", ...place }] },
          },
        ]),
  ];
  return all.filter(({ kind = "" }) => only === undefined || only.some((wanted) => isWithin(kind, wanted)));
}

/** Whether a kind equals another one or is below it: "refactor.rewrite" is within "refactor". */
export function isWithin(kind: string, wanted: string): boolean {
  return wanted === "" || kind === wanted || kind.startsWith(`${wanted}.`);
}

function messageOf({ message }: Diagnostic): string {
  return typeof message === "string" ? message : message.value;
}
