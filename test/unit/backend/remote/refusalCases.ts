/** Requests that servers refuse, with their own words, and the requests that follow. */
import type { StubRequest } from "./stubServer.ts";

export type Body = StubRequest["body"] & { messages: { role: string; content: string; prefix?: boolean }[] };

/** A server's refusal in its own words; undefined when it accepts the request. */
export type Refuse = (body: Body) => { status?: number; said: string | object } | undefined;

export const message = (text: string) => ({ error: { message: text, type: "invalid_request_error" } });
const roles = (body: Body) => body.messages.map(({ role }) => role).join(" ");
const isBegun = (body: Body) => body.messages.at(-1)?.role === "assistant";

export interface Case {
  what: string;
  refuse: Refuse;
  /** What is to be compared of the request that the server accepted. */
  taken: (body: Body) => unknown;
  expected: unknown;
  /** The server's answer; by default that of a server that continues a begun answer. */
  answer?: string;
}

export const CASES: Case[] = [
  {
    what: "max_tokens, where the newer name is wanted",
    refuse: (body) =>
      "max_tokens" in body
        ? {
            said: message(
              "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            ),
          }
        : undefined,
    taken: (body) => [body.max_tokens, body.max_completion_tokens],
    expected: [undefined, 16],
  },
  {
    what: "both names for the greatest length",
    refuse: (body) =>
      "max_tokens" in body || "max_completion_tokens" in body
        ? { status: 422, said: { detail: [{ loc: ["body", "max_tokens"], msg: "Extra inputs are not permitted" }] } }
        : undefined,
    taken: (body) => [body.max_tokens, body.max_completion_tokens],
    expected: [undefined, undefined],
  },
  {
    what: "a greatest length that is too large",
    refuse: (body) =>
      Number(body.max_tokens) > 8 ? { said: message("max_tokens must be less than or equal to `8`") } : undefined,
    taken: (body) => body.max_tokens,
    expected: 8,
  },
  {
    what: "a temperature of 0",
    refuse: (body) =>
      "temperature" in body
        ? {
            said: message(
              "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
            ),
          }
        : undefined,
    taken: (body) => "temperature" in body,
    expected: false,
  },
  {
    what: "stop strings",
    refuse: (body) =>
      "stop" in body ? { said: message("Unsupported parameter: 'stop' is not supported with this model.") } : undefined,
    taken: (body) => "stop" in body,
    expected: false,
  },
  {
    what: "more than two stop strings",
    refuse: (body) =>
      (body.stop as string[] | undefined)?.length !== 2
        ? { said: message("Invalid 'stop': array too long. Expected an array with maximum length 2.") }
        : undefined,
    taken: (body) => body.stop,
    expected: ["\n\n\n", "END"],
  },
  {
    what: "a stop parameter as FastAPI says it",
    refuse: (body) =>
      "stop" in body
        ? { status: 422, said: { detail: [{ loc: ["body", "stop"], msg: "extra fields not permitted" }] } }
        : undefined,
    taken: (body) => "stop" in body,
    expected: false,
  },
  {
    what: "the role system, as Gemma's template says it",
    refuse: (body) =>
      roles(body).includes("system") ? { status: 500, said: message("System role not supported") } : undefined,
    taken: (body) => [roles(body), body.messages[0]?.content],
    expected: ["user assistant", "Be brief.\n\nSay hello."],
  },
  {
    what: "the role system, as OpenAI says it",
    refuse: (body) =>
      roles(body).includes("system")
        ? { said: message("Unsupported value: 'messages[0].role' does not support 'system' with this model.") }
        : undefined,
    taken: roles,
    expected: "user assistant",
  },
  {
    what: "roles that do not alternate",
    refuse: (body) =>
      roles(body) === "user assistant"
        ? undefined
        : { said: message("Conversation roles must alternate user/assistant/user/assistant/...") },
    taken: roles,
    expected: "user assistant",
  },
  {
    what: "a begun answer, as llama.cpp says it",
    refuse: (body) =>
      isBegun(body) ? { said: message("Assistant response prefill is incompatible with enable_thinking.") } : undefined,
    taken: roles,
    expected: "system user",
    answer: "Here is the code:\n```ts\nlet a = 1;\n```\nDone.",
  },
  {
    what: "a begun answer, as Anthropic says it",
    refuse: (body) =>
      isBegun(body)
        ? {
            said: message(
              "This model does not support assistant message prefill. The conversation must end with a user message.",
            ),
          }
        : undefined,
    taken: roles,
    expected: "system user",
    answer: "```typescript\nlet a = 1;\n```",
  },
  {
    what: "a begun answer, as Mistral says it",
    refuse: (body) =>
      isBegun(body) && body.messages.at(-1)?.prefix !== true
        ? {
            said: message(
              "Expected last role User or Tool (or Assistant with prefix True) for serving but got assistant",
            ),
          }
        : undefined,
    taken: (body) => body.messages.at(-1),
    expected: { role: "assistant", content: "```ts\n", prefix: true },
  },
  {
    what: "a begun answer, as vLLM says it",
    refuse: (body) =>
      isBegun(body) && body.continue_final_message !== true
        ? {
            said: {
              object: "error",
              message:
                "Cannot set `add_generation_prompt` to True when the last message is from the assistant. Consider using `continue_final_message` instead.",
            },
          }
        : undefined,
    taken: (body) => [roles(body), body.continue_final_message, body.add_generation_prompt],
    expected: ["system user assistant", true, false],
  },
  {
    what: "white space at the end of a begun answer",
    refuse: (body) =>
      /\s$/.test(body.messages.at(-1)?.content ?? "")
        ? { said: message("final assistant content cannot end with trailing whitespace") }
        : undefined,
    taken: (body) => body.messages.at(-1)?.content,
    expected: "```ts",
    answer: "\nlet a = 1;\n```",
  },
  {
    what: "streams",
    refuse: (body) =>
      body.stream === true ? { said: message("Streaming is not supported for this model.") } : undefined,
    taken: (body) => "stream" in body,
    expected: false,
  },
  {
    what: "something that it does not name",
    refuse: (body) =>
      "temperature" in body || "stop" in body || isBegun(body) ? { said: message("Bad Request") } : undefined,
    taken: (body) => [roles(body), "stop" in body, "temperature" in body],
    expected: ["user", false, false],
    answer: "```ts\nlet a = 1;\n```",
  },
  {
    what: "five things, one after another",
    refuse: (body) => {
      if ("max_tokens" in body) return { said: message("Use 'max_completion_tokens' instead of 'max_tokens'.") };
      if ("temperature" in body) return { said: message("temperature is not supported") };
      if ("stop" in body) return { said: message("stop: Extra inputs are not permitted") };
      if (roles(body).includes("system")) return { said: message("the system role is not supported") };
      if (isBegun(body)) return { said: message("The last message must not be from the assistant") };
      return undefined;
    },
    taken: (body) => [roles(body), Object.keys(body).sort().join(" ")],
    expected: ["user", "max_completion_tokens messages model stream"],
    answer: "```ts\nlet a = 1;\n```",
  },
];
