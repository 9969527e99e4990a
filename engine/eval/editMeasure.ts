/** Measures what the parsers of answers do to right answers: whether they refuse them, change them, or lose text. */

import { applyTo } from "../chat/edits/applyTarget.ts";
import { bracketsFit } from "../chat/edits/brackets.ts";
import { insertion } from "../chat/edits/insertion.ts";
import { type EditPlan, planEdit } from "../chat/edits/plan.ts";
import type { EditTask, LineSpan } from "../protocol/tasks.ts";
import { commonIndent, indentOf, isBlank, linesOf } from "../text/lines.ts";
import { placeKind, scanState } from "../text/scanner.ts";
import type { EditCase } from "./editCases.ts";

export type Verdict = "right" | "refused" | "changed" | "lost";

export interface Outcome {
  verdict: Verdict;
  /** The reason of a refusal. */
  reason: string;
  /** The file as it should be and as it became, from the first line on that differs. */
  difference?: { wanted: string[]; got: string[] };
}

const NO_TESTS = /^(json|jsonc|yaml|toml|xml|html|css|scss|less|markdown|mdx|plaintext|ini|properties|unknown)$/;

type Measured = (one: EditCase) => Outcome | undefined;

/** All ways from an answer to the file, by name. The result is undefined when a case does not suit the way. */
export const COMMANDS: Readonly<Record<string, Measured>> = {
  change: (one) => edited(one, "edit", one.truth),
  refactor: (one) => edited(one, "refactor", one.truth),
  fix: (one) => edited(one, "fix", one.truth),
  "change, at the margin": (one) => {
    const margin = atMargin(one);
    return margin && edited(one, "edit", margin);
  },
  "change, first line at the margin": (one) => {
    const margin = atMargin(one);
    const [first = "", ...rest] = one.truth;
    return margin && edited(one, "edit", [first.trimStart(), ...rest]);
  },
  tests: newFile,
  document: documented,
  apply: (one) => applied(one, one.truth),
  "apply, whole file": (one) => wholeFile(one),
  "insert at cursor": inserted,
};

/** The model's text as the engine returns it: up to the first stop string. */
export function generated(text: string, { prompt }: Pick<EditPlan, "prompt">): string {
  const ends = prompt.stop.map((stop) => text.indexOf(stop)).filter((index) => index !== -1);
  return text.slice(0, Math.min(text.length, ...ends));
}

function edited(one: EditCase, task: EditTask, answer: readonly string[]): Outcome {
  const plan = planEdit(task, one.code, one.focus, "");
  const fence = /^`+/.exec(plan.prompt.opening)?.[0] ?? "";
  const parsed = plan.parse(generated(`${answer.join("\n")}\n${fence}`, plan), "end");
  return judged(one, plan.target, parsed, wantedFile(one));
}

/**
 * The right lines without their common indentation. Undefined unless the selected lines have the same one, because the
 * parser could not know of another indentation.
 */
function atMargin({ code, focus, truth }: EditCase): string[] | undefined {
  const common = commonIndent(truth);
  if (common === "" || common !== commonIndent(linesOf(code.text).slice(focus.start, focus.end))) {
    return undefined;
  }
  return truth.map((line) => line.slice(common.length));
}

function newFile(one: EditCase): Outcome | undefined {
  const plan = planEdit("tests", one.code, one.focus, "");
  const fence = /^`+/.exec(plan.prompt.opening)?.[0] ?? "";
  const common = commonIndent(one.truth);
  const truth = one.truth.map((line) => line.slice(common.length));
  // A fragment of a statement or of a comment is not a test file.
  const { text, languageId } = one.code;
  const before = linesOf(text)
    .slice(0, one.focus.start)
    .map((line) => `${line}\n`);
  if (/^\s/.test(truth[0] ?? "")) {
    return undefined;
  }
  const isCode = placeKind(scanState(before.join(""), languageId)) === "code" && !NO_TESTS.test(languageId);
  if (!isCode || !bracketsFit(truth.join("\n"), "", languageId, undefined)) {
    return undefined;
  }
  const parsed = plan.parse(generated(`${truth.join("\n")}\n${fence}`, plan), "end");
  return judged({ ...one, code: { ...one.code, text: "" } }, { start: 0, end: 0 }, parsed, [...truth, ""]);
}

function applied(one: EditCase, text: readonly string[]): Outcome {
  const { target, ...parsed } = applyTo(one.code, text.join("\n"));
  return judged(one, target, parsed, wantedFile(one));
}

/**
 * The case with nothing selected and the cursor in the lines in question. Where nothing of the file stays, nothing
 * tells that the answer is the whole file.
 */
function wholeFile(one: EditCase): Outcome | undefined {
  const old = new Set(linesOf(one.code.text).map((line) => line.trim()));
  if (!wantedFile(one).some((line) => /[\p{L}\p{N}]/u.test(line) && old.has(line.trim()))) return undefined;
  const cursor = { start: one.focus.start, end: one.focus.start };
  return applied({ ...one, code: { ...one.code, selection: cursor } }, wantedFile(one));
}

/**
 * The lines that a hunk adds, inserted at a cursor that is on a line of its own with the indentation of the first one.
 */
function inserted(one: EditCase): Outcome | undefined {
  const [first = ""] = one.added;
  const common = commonIndent(one.added);
  if (one.added.length === 0 || isBlank(first) || isBlank(one.added.at(-1)) || indentOf(first) !== common) {
    return undefined;
  }
  const wanted = wantedFile(one);
  const at =
    one.focus.start + one.truth.findIndex((_, index) => one.added.every((line, i) => one.truth[index + i] === line));
  const file = [...wanted.slice(0, at), common, ...wanted.slice(at + one.added.length)];
  const code = { ...one.code, text: file.join("\n"), selection: { start: at, end: at + 1 } };
  const text = insertion(code, one.added.map((line) => line.slice(common.length)).join("\n"), {
    before: common,
    after: "",
  });
  const lines = linesOf(common + text);
  return judged({ ...one, code }, { start: at, end: at + 1 }, { kind: "edit", text: lines.join("\n") }, wanted);
}

/**
 * The commit's subject as the answer to "document". Every line of the file must still be there, and the subject's words
 * must be in the result.
 */
function documented(one: EditCase): Outcome | undefined {
  const file = wantedFile(one);
  const code = { ...one.code, text: file.join("\n") };
  const focus = { start: one.focus.start, end: one.focus.start + one.truth.length };
  const plan = planEdit("document", code, focus, "");
  const parsed = plan.parse(generated(`${one.subject}\n`, plan), "end");
  if (parsed.kind === "refused") {
    return { verdict: "refused", reason: parsed.reason };
  }
  const old = file.slice(plan.target.start, plan.target.end);
  const kept =
    old.every((line) => /^\s*(\/\*\*|\*|\/\/|#|--|"""|'''|r"""|[^\s].*("""|''')$)|^\s*$/.test(line)) ||
    parsed.text.includes(old.join("").trim().slice(-8));
  const result = [...file.slice(0, plan.target.start), ...linesOf(parsed.text), ...file.slice(plan.target.end)];
  const words = one.subject.split(/\s+/).filter((word) => /^\w+$/.test(word));
  const isSaid = words.every((word) => result.some((line) => line.includes(word)));
  return { verdict: !kept && !plan.target ? "lost" : isSaid ? "right" : "changed", reason: "" };
}

function wantedFile({ code, focus, truth }: EditCase): string[] {
  const lines = linesOf(code.text);
  return [...lines.slice(0, focus.start), ...truth, ...lines.slice(focus.end)];
}

function judged(
  { code }: EditCase,
  target: LineSpan,
  parsed: { kind: "edit"; text: string } | { kind: "refused"; reason: string },
  wanted: readonly string[],
): Outcome {
  if (parsed.kind === "refused") {
    return { verdict: "refused", reason: parsed.reason };
  }
  const lines = linesOf(code.text);
  const got = [...lines.slice(0, target.start), ...linesOf(parsed.text), ...lines.slice(target.end)].map((line) =>
    line.trimEnd(),
  );
  const right = wanted.map((line) => line.trimEnd());
  const at = right.findIndex((line, index) => line !== got[index]);
  if (at === -1 && got.length === right.length) {
    return { verdict: "right", reason: "" };
  }
  const difference = { wanted: right.slice(Math.max(0, at)), got: got.slice(Math.max(0, at)) };
  return { verdict: isLost(right, got) ? "lost" : "changed", reason: "", difference };
}

/** Whether any line with text is missing from the file, regardless of its position. */
function isLost(wanted: readonly string[], got: readonly string[]): boolean {
  const left = new Map<string, number>();
  for (const line of got) left.set(line.trim(), (left.get(line.trim()) ?? 0) + 1);
  return wanted.some((line) => {
    const text = line.trim();
    const count = left.get(text) ?? 0;
    left.set(text, count - 1);
    return text !== "" && count === 0;
  });
}
