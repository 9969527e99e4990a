/** The settings that the extension passes to the engine. */
import * as v from "valibot";
import { number, text } from "./checked.ts";

/** A server that computes instead of this machine. */
export const serverSettings = v.object({
  /** "" = this machine computes. */
  address: text,
  /** "" = the first model that the server has. */
  model: text,
  key: text,
  /** A server in a private network may be asked over plain http. Default false. */
  allowHttp: v.exactOptional(v.boolean()),
  /** Tokens that a prompt and its answer may have together; 0, the default, is as many as the server says. */
  contextTokens: v.exactOptional(number),
  /** What VS Code's proxy script answers for this address, as in the settings of downloads. */
  resolvedProxy: v.exactOptional(text),
});
export type ServerSettings = v.InferOutput<typeof serverSettings>;

export const downloadSettings = v.object({
  /** Address of a mirror of the hub; "" for the hub itself. */
  mirror: text,
  /** As VS Code's `http.proxy`, `http.noProxy` and `http.proxyStrictSSL`. */
  proxy: text,
  noProxy: v.array(text),
  strictSsl: v.boolean(),
  /** What VS Code's proxy script answers for the hub's address, such as "PROXY proxy:8080"; default "": none. */
  resolvedProxy: v.exactOptional(text),
});
export type DownloadSettings = v.InferOutput<typeof downloadSettings>;

export const engineSettings = v.object({
  /** Path of a GGUF file or of a folder with safetensors, or "" for the built-in model. */
  model: text,
  /** The same for the chat; "" for the model of the completions. */
  chatModel: text,
  /** A model that can may think aloud before it answers in the chat. Default false. */
  chatThinking: v.exactOptional(v.boolean()),
  /** Minutes without work after which the memory of the models is given back; 0 = never. */
  unloadMinutes: number,
  download: downloadSettings,
  server: serverSettings,
  /** 0 = chosen by the engine. */
  threads: number,
  /** Memory for what was computed of prompts, in 2^20 bytes. 0 = chosen by the engine. */
  cacheMegabytes: number,
  /** Tokens that a prompt and its answer may have together; 0, the default, is chosen by memory and speed. */
  contextTokens: v.exactOptional(number),
  /** How keys and values of prompts are kept: in 16 bits, the default, or in 8, which take half the memory. */
  cachePrecision: v.exactOptional(v.picklist(["f16", "int8"])),
  /** Longest inline completion in tokens. */
  maxTokens: number,
  /** Milliseconds of quiet after a keystroke before the model is asked; null leaves it to the speed of typing. */
  debounceMs: v.nullable(number),
  /** "eager" suggests in the flow of typing, "balanced" when it is surer, "subtle" in pauses, and only what is likely right. */
  mode: v.picklist(["eager", "balanced", "subtle"]),
  /** Suggest while typing in comments. Default true. */
  inComments: v.exactOptional(v.boolean()),
  /** Suggest while typing in strings. Default true. */
  inStrings: v.exactOptional(v.boolean()),
  /** Suggest the rest of a line at most. Default false. */
  oneLine: v.exactOptional(v.boolean()),
  /** Use no text of other files for suggestions. Default false. */
  ownFileOnly: v.exactOptional(v.boolean()),
  /** Suggest while typing though the machine runs on battery. */
  onBattery: v.boolean(),
});
export type EngineSettings = v.InferOutput<typeof engineSettings>;
