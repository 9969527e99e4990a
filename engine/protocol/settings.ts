/** The settings that the extension passes to the engine. */
import * as v from "valibot";
import { number, text } from "./checked.ts";

/** A server that computes instead of this machine. */
export const serverSettings = v.object({
  /** "" means that this machine computes. */
  address: text,
  /** "" means the first model that the server lists. */
  model: text,
  key: text,
  /** Whether a server in a private network may be reached over plain http. Default false. */
  allowHttp: v.exactOptional(v.boolean()),
  /** Tokens that a prompt and its answer may have together. The default 0 means as many as the server says. */
  contextTokens: v.exactOptional(number),
  /** What VS Code's proxy script answers for this address, as in the settings for downloads. */
  resolvedProxy: v.exactOptional(text),
});
export type ServerSettings = v.InferOutput<typeof serverSettings>;

export const downloadSettings = v.object({
  /** Address of a mirror of the hub; "" for the hub itself. */
  mirror: text,
  /** The values of VS Code's `http.proxy`, `http.noProxy` and `http.proxyStrictSSL`. */
  proxy: text,
  noProxy: v.array(text),
  strictSsl: v.boolean(),
  /**
   * What VS Code's proxy script answers for the hub's address, such as "PROXY proxy:8080". The default "" means no
   * proxy.
   */
  resolvedProxy: v.exactOptional(text),
});
export type DownloadSettings = v.InferOutput<typeof downloadSettings>;

export const engineSettings = v.object({
  /** Path of a GGUF file or of a folder with safetensors; "" for the built-in model. */
  model: text,
  /** The same for the chat; "" for the model of the completions. */
  chatModel: text,
  /** Whether a model that can think aloud may do so before it answers in the chat. Default false. */
  chatThinking: v.exactOptional(v.boolean()),
  /** Minutes without work after which the models' memory is freed; 0 means never. */
  unloadMinutes: number,
  download: downloadSettings,
  server: serverSettings,
  /** 0 means chosen by the engine. */
  threads: number,
  /** Memory for computed prompts, in 2^20 bytes; 0 means chosen by the engine. */
  cacheMegabytes: number,
  /** Tokens that a prompt and its answer may have together. The default 0 means chosen by memory and speed. */
  contextTokens: v.exactOptional(number),
  /** How keys and values of prompts are stored: in 16 bits (the default), or in 8, which takes half the memory. */
  cachePrecision: v.exactOptional(v.picklist(["f16", "int8"])),
  /** The longest inline completion, in tokens. */
  maxTokens: number,
  /** Milliseconds without a keystroke before the model is asked; null adapts to the speed of typing. */
  debounceMs: v.nullable(number),
  /**
   * "eager" suggests while typing, "balanced" only when it is surer, "subtle" only in pauses and only what is likely
   * right.
   */
  mode: v.picklist(["eager", "balanced", "subtle"]),
  /** Whether to suggest while typing in comments. Default true. */
  inComments: v.exactOptional(v.boolean()),
  /** Whether to suggest while typing in strings. Default true. */
  inStrings: v.exactOptional(v.boolean()),
  /** Whether to suggest the rest of a line at most. Default false. */
  oneLine: v.exactOptional(v.boolean()),
  /** Whether to leave out the text of other files. Default false. */
  ownFileOnly: v.exactOptional(v.boolean()),
  /** Whether to suggest while typing even when the machine runs on battery. */
  onBattery: v.boolean(),
});
export type EngineSettings = v.InferOutput<typeof engineSettings>;

/**
 * The settings that the engine gets as the user has set them, by their names in the manifest (package.json) without
 * "sterna.". engine/client/userConfig.ts reads them from this list, and makes the others of one or more of the user's.
 */
export const PASSED_ON = {
  threads: "threads",
  cacheMegabytes: "cacheMegabytes",
  contextTokens: "contextTokens",
  unloadMinutes: "unloadMinutes",
  chatThinking: "chat.thinking",
  maxTokens: "inline.maxTokens",
  debounceMs: "inline.debounceMs",
  inComments: "inline.inComments",
  inStrings: "inline.inStrings",
  oneLine: "inline.oneLine",
  ownFileOnly: "inline.ownFileOnly",
  onBattery: "inline.onBattery",
} as const satisfies Partial<Record<keyof EngineSettings, string>>;
