/**
 * Runs the template that a model's file brings for its conversations: a Jinja program, written by whoever made the file.
 * The interpreter knows nothing but the given values, and is limited in time and size, so that a hostile template costs
 * a moment and not the process that all windows share.
 */
import { Script } from "node:vm";
import { Template } from "@huggingface/jinja";

/** The longest templates of public models have about 20,000 characters. */
const LONGEST_TEMPLATE = 1 << 17;
/** Beside the messages, of which only stand-ins are rendered. */
const LONGEST_TEXT = 1 << 18;
const MOST_MILLISECONDS = 250;

export interface TemplateMessage {
  role: "system" | "user" | "assistant";
  content: string;
}

export interface TemplateValues {
  messages: readonly TemplateMessage[];
  /** The text ends with the beginning of an answer. */
  add_generation_prompt: boolean;
  enable_thinking: boolean;
  bos_token: string;
  eos_token: string;
}

export class TemplateRenderer {
  readonly #template: Template;

  /** @throws Error where the text is no template, or too long for one. */
  constructor(source: string) {
    if (source.length > LONGEST_TEMPLATE) throw new Error(`The chat template has ${source.length} characters.`);
    this.#template = limited(() => new Template(source));
  }

  /** @throws Error where the template refuses the conversation, is wrong, or takes too long. */
  render(values: TemplateValues): string {
    const text: unknown = limited(() => this.#template.render({ ...values, messages: [...values.messages] }));
    if (typeof text !== "string" || text.length > LONGEST_TEXT) throw new Error("The chat template writes no prompt.");
    return text;
  }
}

/** Where the script below finds its work; calls do not nest. */
const WORK = Symbol.for("sterna.limitedWork");
const RUN = new Script(`globalThis[Symbol.for("sterna.limitedWork")]()`);

/** Node ends a script in the middle of any loop, which nothing else can do within one thread. */
function limited<T>(work: () => T): T {
  const globals = globalThis as { [WORK]?: () => T };
  globals[WORK] = work;
  try {
    return RUN.runInThisContext({ timeout: MOST_MILLISECONDS }) as T;
  } finally {
    delete globals[WORK];
  }
}
