/** The settings that the extension passes to the engine. */

export interface EngineSettings {
  /** Path of a GGUF file or of a folder with safetensors, or "" for the built-in model. */
  model: string;
  /** The same for the chat; "" for the model of the completions. */
  chatModel: string;
  /** Minutes without work after which the memory of the models is given back; 0 = never. */
  unloadMinutes: number;
  download: DownloadSettings;
  server: ServerSettings;
  /** 0 = chosen by the engine. */
  threads: number;
  /** Memory for what was computed of prompts, in 2^20 bytes. 0 = chosen by the engine. */
  cacheMegabytes: number;
  /** Longest inline completion in tokens. */
  maxTokens: number;
  /** Milliseconds of quiet after a keystroke before the model is asked; null leaves it to the rhythm of typing. */
  debounceMs: number | null;
  /** "eager" suggests in the flow of typing, "balanced" when it is surer, "subtle" in pauses, and only what is likely right. */
  mode: "eager" | "balanced" | "subtle";
  /** Suggest while typing in comments. Default true. */
  inComments?: boolean;
  /** Suggest while typing in strings. Default true. */
  inStrings?: boolean;
  /** Suggest the rest of a line at most. Default false. */
  oneLine?: boolean;
  /** Use no text of other files for suggestions. Default false. */
  ownFileOnly?: boolean;
  /** Suggest while typing though the machine runs on battery. */
  onBattery: boolean;
}

/** A server that computes instead of this machine. */
export interface ServerSettings {
  /** "" = this machine computes. */
  address: string;
  /** "" = the first model that the server has. */
  model: string;
  key: string;
  /** A server in a private network may be asked over plain http. Default false. */
  allowHttp?: boolean;
  /** Tokens that a prompt and its answer may have together; 0, the default, is as many as the server says. */
  contextTokens?: number;
}

export interface DownloadSettings {
  /** Address of a mirror of the hub; "" for the hub itself. */
  mirror: string;
  /** As VS Code's `http.proxy`, `http.noProxy` and `http.proxyStrictSSL`. */
  proxy: string;
  noProxy: string[];
  strictSsl: boolean;
  /** What VS Code's proxy script answers for the server's address, such as "PROXY proxy:8080"; default "": there is none. */
  resolvedProxy?: string;
}
