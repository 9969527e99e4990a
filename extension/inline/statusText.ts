/** The texts of the status item. Plain data in and out; statusItem.ts shows them. */
import type { CompleteResult, CompletionTimings } from "../../engine/protocol/completion.ts";
import type { LaneLoad, Load, Status } from "../../engine/protocol/status.ts";
import { SILENCE_SENTENCES, type Silence } from "./silenceSentences.ts";

export interface StatusInputs {
  status: Status;
  /** Whether the user has suggestions switched on. */
  enabled: boolean;
  /** The last request that was not cancelled. */
  last: LastResult | undefined;
}

/**
 * How the last request ended. The timings are those of the last answer that the model has computed: an answer out of
 * the cache, or a copy, has none of its own.
 */
export type LastResult = { timings: CompletionTimings | undefined } & (
  | { kind: "shown" }
  | { kind: "silent"; reason: Silence; detail: string }
);

export interface StatusText {
  text: string;
  /** Text for screen readers, without icons. */
  label: string;
  tooltip: string[];
  /** The most important line: what is wrong, or why there was no suggestion. */
  summary: string;
  isError: boolean;
}

/** How a request has ended: the engine's answer, or a silence of the extension's own. */
export type RequestEnd =
  | Pick<Extract<CompleteResult, { kind: "shown" }>, "kind" | "timings">
  | { kind: "silent"; reason: Silence; detail?: string | undefined; timings?: CompletionTimings | undefined };

/** @param before how the request before this one ended. */
export function lastResult(result: RequestEnd, before: LastResult | undefined): LastResult {
  const isComputed = result.timings !== undefined && result.timings.promptTokens > 0;
  const timings = isComputed ? result.timings : before?.timings;
  return result.kind === "shown"
    ? { kind: "shown", timings }
    : { kind: "silent", reason: result.reason, detail: result.detail ?? "", timings };
}

export function statusText({ status, enabled, last }: StatusInputs): StatusText {
  const state = !enabled && (status.state === "ready" || status.state === "working") ? "off" : status.state;
  const icon = {
    starting: "loading~spin",
    ready: "sparkle",
    working: "sync~spin",
    off: "circle-slash",
    failed: "error",
  };
  const tooltip: string[] = [];
  if (status.detail !== "") {
    tooltip.push(status.detail);
  }
  if (status.model !== undefined) {
    const { name, threads, destination, promptTokens } = status.model;
    if (destination === undefined) {
      tooltip.push(`Model: ${name}, on ${threads} ${threads === 1 ? "thread" : "threads"} of this machine`);
    } else {
      tooltip.push(`Model: ${name} at ${destination}`, `Text leaves this machine: it is sent to ${destination}.`);
    }
    tooltip.push(`It reads about ${linesOf(promptTokens)} lines around the cursor.`);
  }
  const outcome = outcomeOf(enabled, last);
  if (outcome !== "") {
    tooltip.push(outcome);
  }
  if (enabled && last?.timings !== undefined) {
    tooltip.push(timingLine(last.timings));
  }
  if (status.load !== undefined) {
    const work = loadLine(status.load);
    if (work !== "") {
      tooltip.push(work);
    }
  }
  // When text is sent to a server, the screen always says so.
  const destination = status.model?.destination;
  const where = destination === undefined ? "" : ` at ${destination}`;
  return {
    text: `$(${where !== "" && state === "ready" ? "cloud" : icon[state]}) Sterna: ${state}${where}`,
    label: `Sterna: ${state}${where}${status.state === "failed" ? `. ${status.detail}` : ""}`,
    tooltip,
    summary: status.detail || outcome || "Ready: suggestions come while you type.",
    isError: state === "failed",
  };
}

/** The outcome of the last request; "" when there was none. */
function outcomeOf(enabled: boolean, last: LastResult | undefined): string {
  if (!enabled) return SILENCE_SENTENCES.off;
  switch (last?.kind) {
    case "silent": {
      const sentence = SILENCE_SENTENCES[last.reason];
      return last.detail === "" ? sentence : `${sentence} ${last.detail}`;
    }
    case "shown":
      return "The last request gave a suggestion.";
    default:
      return "";
  }
}

/** A line of code has about ten tokens. */
function linesOf(tokens: number): number {
  return Math.max(10, Math.round(tokens / 100) * 10);
}

/** For example "At work: suggestion (1 waiting), chat"; empty when the engine is idle. */
export function loadLine({ inline, chat, warming }: Load): string {
  const lanes: [string, LaneLoad][] = [
    ["suggestion", inline],
    ["chat", chat],
    ["preparing the next suggestion", warming],
  ];
  const busy = lanes.filter(([, lane]) => lane.running + lane.waiting > 0);
  const words = busy.map(([name, { waiting }]) => (waiting > 0 ? `${name} (${waiting} waiting)` : name));
  return words.length === 0 ? "" : `At work: ${words.join(", ")}`;
}

/** For example "The model's last answer took 92 ms: 75 ms of waiting for a pause, 8 ms of reading, 9 ms of writing." */
export function timingLine({ totalMs, debounceMs, queueMs, prefillMs, decodeMs }: CompletionTimings): string {
  const ms = (value: number) => `${Math.round(value)} ms`;
  return (
    `The model's last answer took ${ms(totalMs)}: ${ms(debounceMs + queueMs)} of waiting for a pause, ` +
    `${ms(prefillMs)} of reading, ${ms(decodeMs)} of writing.`
  );
}
