/**
 * The commands that change something: an edit of some lines, names, or a commit message. Each is a single question,
 * apart from the conversations. What they have in common comes first in the prompt, so that a second command on a file
 * has to compute little more than its own words.
 */
import { codePrompt, fenced } from "../prompt/codePrompt.ts";
import { focusOf } from "../prompt/focus.ts";
import { COMMIT, namePrompt, type TaskPrompt } from "../prompt/taskPrompts.ts";
import type { ChatMessage } from "../protocol/chat.ts";
import type { TaskName } from "../protocol/conversations.ts";
import type { CodeContext, EditTask, LineSpan, TaskProgress, TaskRequest, TaskResult } from "../protocol/tasks.ts";
import { languageOf } from "../text/languages.ts";
import { linesOf, sliceLines } from "../text/lines.ts";
import { type Answerer, SYSTEM_MESSAGE } from "./answer.ts";
import { applyTo } from "./edits/applyTarget.ts";
import { languageAt } from "./edits/docFocus.ts";
import { diffWithin, parseCommit } from "./edits/parseCommit.ts";
import { parseNames } from "./edits/parseNames.ts";
import { planEdit } from "./edits/plan.ts";

/** The seconds that computing the accompanying code may take the first time; the answer starts after that. */
const COLD_SECONDS = 6;
const SMALLEST_ROOM = 512;
const LARGEST_ROOM = 2048;
/**
 * Another length is another prompt, of which nothing is cached, so the length changes only when the speed has changed
 * by this factor.
 */
const ROOM_HYSTERESIS = 2;
/** An edit may be this many times as long as what it replaces; below, and this many tokens longer. */
const EDIT_GROWTH = 1.5;
const EDIT_EXTRA = 128;
/** The lines in question occur once or twice in the prompt, and once in the answer. */
const FOCUS_SHARE = 0.25;
const NAMES_TOKENS = 64;
const COMMIT_TOKENS = 128;
/** The maximum tokens of answers that do not replace the lines. */
const NEW_TOKENS: Partial<Record<EditTask, number>> = { document: 192, tests: 768 };

/** The request cannot be fulfilled; the message says what to do. */
export class TaskError extends Error {
  override name = "TaskError";
}

export class Tasks {
  readonly #answerer: Answerer;
  #wanted = 0;

  constructor(answerer: Answerer) {
    this.#answerer = answerer;
  }

  /** @throws TaskError, NotReadyError, and whatever the runtime throws. */
  async run(
    params: TaskRequest,
    onProgress: (progress: TaskProgress) => void,
    signal: AbortSignal,
  ): Promise<TaskResult> {
    if (!this.#answerer.backend.capabilities.chat) {
      throw new TaskError(
        "The model in use only completes code. For this command choose a model that answers questions with " +
          '"Sterna: Manage Models".',
      );
    }
    switch (params.task) {
      case "name":
        return await this.#name(params.code, params.name, signal);
      case "commit":
        return await this.#commit(params.diff, onProgress, signal);
      default:
        return await this.#edit(params.task, params.code, params.instruction, onProgress, signal);
    }
  }

  /** Computes in advance what all commands on a place have in common. */
  async expect(code: CodeContext, signal: AbortSignal): Promise<void> {
    const focus = focusOf("edit", code);
    if (this.#answerer.backend.capabilities.chat && focus !== undefined) {
      await this.#answerer.expect(this.#messages(code, focus, ""), signal);
    }
  }

  /** The edit that puts the code of an answer into a place. @param asked the lines that the question was about */
  fit(code: CodeContext, text: string, asked = ""): TaskResult {
    const { target, ...parsed } = applyTo(code, text, asked);
    return parsed.kind === "edit"
      ? { kind: "edit", target, file: "", text: parsed.text }
      : { kind: "chat", question: "", text, reason: parsed.reason };
  }

  async #edit(
    task: EditTask,
    code: CodeContext,
    instruction: string,
    onProgress: (progress: TaskProgress) => void,
    signal: AbortSignal,
  ): Promise<TaskResult> {
    const focus = this.#focus(task, code);
    const language = languageAt(code.languageId, linesOf(code.text), focus.start);
    if (task === "document" && !languageOf(language).hasComments) {
      throw new TaskError(`There are no comments in ${language}, so nothing can be documented here.`);
    }
    const { prompt, target, file, ...plan } = planEdit(task, code, focus, instruction);
    const messages = this.#messages(code, focus, prompt.instruction);
    onProgress({ type: "target", target, file });

    let answer = "";
    let sent = 0;
    const onText = (text: string) => {
      answer += text;
      const end = answer.lastIndexOf("\n");
      if (task !== "document" && end > sent) {
        sent = end;
        onProgress({ type: "text", text: plan.soFar(answer.slice(0, end)) });
      }
    };
    const size = this.#count(sliceLines(linesOf(code.text), focus));
    const maxTokens = NEW_TOKENS[task] ?? Math.ceil(size * EDIT_GROWTH) + EDIT_EXTRA;
    const { reason } = await this.#ask(prompt, messages, maxTokens, onText, signal);
    if (reason === "cancelled") {
      return { kind: "cancelled" };
    }
    const parsed = plan.parse(answer, reason);
    if (parsed.kind === "edit") {
      return { kind: "edit", target, file, text: parsed.text };
    }
    const place = `${code.path}, lines ${focus.start + 1} to ${focus.end}`;
    return {
      kind: "chat",
      question: `${TITLES[task]} ${place}${instruction.trim() && `: ${instruction.trim()}`}`,
      text: shownAnswer(prompt.opening, answer),
      reason: parsed.reason,
    };
  }

  async #name(code: CodeContext, name: string, signal: AbortSignal): Promise<TaskResult> {
    const prompt = namePrompt(name);
    const messages = this.#messages(code, this.#focus("name", code), prompt.instruction);
    const { reason, text } = await this.#ask(prompt, messages, NAMES_TOKENS, () => {}, signal);
    if (reason === "cancelled") {
      return { kind: "cancelled" };
    }
    const names = parseNames(prompt.opening + text, name, code.languageId);
    if (names.length > 0) {
      return { kind: "names", names };
    }
    const question = `Suggest names for ${name}`;
    return { kind: "chat", question, text: prompt.opening + text, reason: "The answer holds no other name." };
  }

  async #commit(diff: string, onProgress: (progress: TaskProgress) => void, signal: AbortSignal): Promise<TaskResult> {
    const room = this.#room();
    const content = `${fenced(
      "diff",
      diffWithin(diff.trimEnd(), room, (text) => this.#count(text)),
    )}\n${COMMIT.instruction}`;
    let answer = "";
    const onText = (text: string) => {
      answer += text;
      onProgress({ type: "text", text: parseCommit(answer) });
    };
    const { reason } = await this.#ask(COMMIT, this.#conversation(content), COMMIT_TOKENS, onText, signal);
    if (reason === "cancelled") {
      return { kind: "cancelled" };
    }
    const text = reason === "loop" ? "" : parseCommit(answer);
    if (text !== "") {
      return { kind: "message", text };
    }
    return {
      kind: "chat",
      question: "Write a commit message for the staged changes",
      text: answer,
      reason: "The answer is no commit message.",
    };
  }

  #ask(
    { opening, stop }: TaskPrompt,
    messages: ChatMessage[],
    maxTokens: number,
    onText: (text: string) => void,
    signal: AbortSignal,
  ) {
    return this.#answerer.answer({ messages, maxTokens, opening, stop, isCode: true }, onText, signal);
  }

  /** @throws TaskError when there is no code, or more than a model can read and write again. */
  #focus(task: TaskName, code: CodeContext): LineSpan {
    const focus = focusOf(task, code);
    if (focus === undefined) {
      throw new TaskError("There is no code here: select the lines in question.");
    }
    const limit = Math.floor(this.#answerer.backend.capabilities.contextTokens * FOCUS_SHARE);
    const size = this.#count(sliceLines(linesOf(code.text), focus));
    if (size > limit) {
      throw new TaskError(
        `Lines ${focus.start + 1} to ${focus.end} have ${size} tokens, more than the ${limit} that the model can handle ` +
          "at a time: select fewer lines.",
      );
    }
    return focus;
  }

  #messages(code: CodeContext, focus: LineSpan, instruction: string): ChatMessage[] {
    const prompt = codePrompt(code, focus, instruction, this.#room(), (text) => this.#count(text));
    return this.#conversation(prompt.text);
  }

  #conversation(content: string): ChatMessage[] {
    return [SYSTEM_MESSAGE, { role: "user", content }];
  }

  /** The tokens of accompanying code: as many as this machine computes in a few seconds. */
  #room(): number {
    const { capabilities, prefillTokensPerSecond } = this.#answerer.backend;
    const wanted = Math.min(Math.max(prefillTokensPerSecond * COLD_SECONDS, SMALLEST_ROOM), LARGEST_ROOM);
    if (wanted < this.#wanted / ROOM_HYSTERESIS || wanted > this.#wanted * ROOM_HYSTERESIS) {
      this.#wanted = wanted;
    }
    return Math.min(Math.floor(this.#wanted), Math.floor(capabilities.contextTokens / 2));
  }

  #count(text: string): number {
    return this.#answerer.backend.countTokens(text);
  }
}

const TITLES: Record<EditTask, string> = {
  refactor: "Refactor",
  fix: "Fix a problem in",
  document: "Document",
  tests: "Write tests for",
  edit: "Change",
};

/** The answer with its opening; a block of code that was opened is closed. */
function shownAnswer(opening: string, answer: string): string {
  const text = opening + answer.trimEnd();
  const fence = /^`{3,}/.exec(opening)?.[0];
  return fence === undefined || answer.includes(`\n${fence}`) ? text : `${text}\n${fence}`;
}
