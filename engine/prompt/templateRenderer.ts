/**
 * Runs the chat template of a model's file: a Jinja program, written by whoever made the file. The interpreter knows
 * only the given values, and its time and size are limited, so that a hostile template costs a moment and not the
 * process that all windows share.
 */
import { Script } from "node:vm";
import { Template } from "@huggingface/jinja";

/** The longest templates of public models have about 20,000 characters. */
const LONGEST_TEMPLATE = 1 << 17;
/** The longest rendered text. The messages do not count, because only stand-ins for them are rendered. */
const LONGEST_TEXT = 1 << 18;
const MOST_MILLISECONDS = 250;

export interface TemplateMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface TemplateValues {
  messages: readonly TemplateMessage[];
  /** Whether the text ends with the beginning of an answer. */
  add_generation_prompt: boolean;
  enable_thinking: boolean;
  bos_token: string;
  eos_token: string;
}

export class TemplateRenderer {
  readonly #template: Template;

  /** @throws Error when the text is not a template, or is too long. */
  constructor(source: string) {
    if (source.length > LONGEST_TEMPLATE) throw new Error(`The chat template has ${source.length} characters.`);
    this.#template = limited(() => new Template(source));
  }

  /** @throws Error when the template refuses the conversation, is wrong, or takes too long. */
  render(values: TemplateValues): string {
    const text: unknown = limited(() => this.#template.render({ ...values, messages: [...values.messages] }));
    if (typeof text !== "string" || text.length > LONGEST_TEXT) throw new Error("The chat template writes no prompt.");
    return text;
  }
}

/** The global under which the script below finds the function to run. Calls are never nested. */
const WORK = Symbol.for("sterna.limitedWork");
const RUN = new Script(`globalThis[Symbol.for("sterna.limitedWork")]()`);

/** Runs a function as a script, because Node can stop a script at a time limit, in the middle of any loop. */
function limited<T>(work: () => T): T {
  const globals = globalThis as { [WORK]?: () => T };
  globals[WORK] = work;
  try {
    return RUN.runInThisContext({ timeout: MOST_MILLISECONDS }) as T;
  } finally {
    delete globals[WORK];
  }
}
