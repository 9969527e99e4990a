/**
 * The words of the status item. Plain data in and out; statusItem.ts shows them.
 */
import type { CompleteResult, CompletionTimings } from "../../engine/protocol/completion.ts";
import type { LaneLoad, Load, Status } from "../../engine/protocol/status.ts";
import { SENTENCES, type Silence } from "./silenceSentences.ts";

export interface StatusInputs {
  status: Status;
  /** The user's switch for suggestions. */
  enabled: boolean;
  /** The last request that was not overtaken. */
  last: LastResult | undefined;
}

export type LastResult =
  | { kind: "shown"; timings: CompletionTimings }
  | { kind: "silent"; reason: Silence; detail: string; timings: CompletionTimings | undefined };

export interface StatusText {
  text: string;
  /** For a screen reader: no icons. */
  label: string;
  tooltip: string[];
  isError: boolean;
}

export function lastResult(result: CompleteResult): LastResult {
  return result.kind === "shown"
    ? { kind: "shown", timings: result.timings }
    : { kind: "silent", reason: result.reason, detail: result.detail ?? "", timings: result.timings };
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
    const { name, kernel, threads, destination } = status.model;
    if (destination === undefined) {
      tooltip.push(`Model: ${name} (${kernel}, ${threads} ${threads === 1 ? "thread" : "threads"})`);
    } else {
      tooltip.push(`Model: ${name} at ${destination}`, `Text leaves this machine: it is sent to ${destination}.`);
    }
    const { prefillTokensPerSecond, promptTokens } = status.model;
    tooltip.push(`Prompts: up to ${promptTokens} tokens, ${prefillTokensPerSecond} computed in a second`);
  }
  if (!enabled) {
    tooltip.push(SENTENCES.off);
  } else if (last?.kind === "silent") {
    tooltip.push(last.detail === "" ? SENTENCES[last.reason] : `${SENTENCES[last.reason]} ${last.detail}`);
  } else if (last?.kind === "shown") {
    tooltip.push("The last request gave a suggestion.");
  }
  if (enabled && last?.timings !== undefined && last.timings.promptTokens > 0) {
    tooltip.push(timingLine(last.timings));
  }
  if (status.load !== undefined) {
    const work = loadLine(status.load);
    if (work !== "") {
      tooltip.push(work);
    }
  }
  // Where text leaves the machine, that is always on the screen.
  const destination = status.model?.destination;
  const place = destination === undefined ? "" : ` at ${destination}`;
  return {
    text: `$(${place !== "" && state === "ready" ? "cloud" : icon[state]}) Sterna: ${state}${place}`,
    label: `Sterna: ${state}${place}${status.state === "failed" ? `. ${status.detail}` : ""}`,
    tooltip,
    isError: state === "failed",
  };
}

/** E.g. "At work: suggestion (1 waiting), chat"; empty when the engine rests. */
export function loadLine({ inline, chat, warming }: Load): string {
  const lanes: [string, LaneLoad][] = [
    ["suggestion", inline],
    ["chat", chat],
    ["reading ahead", warming],
  ];
  const at = lanes.filter(([, lane]) => lane.running + lane.waiting > 0);
  const words = at.map(([name, { waiting }]) => (waiting > 0 ? `${name} (${waiting} waiting)` : name));
  return words.length === 0 ? "" : `At work: ${words.join(", ")}`;
}

/** E.g. "92 ms: waited 75, prompt 8 (3 of 210 tokens new), text 9 (4 tokens)". */
export function timingLine(timings: CompletionTimings): string {
  const { totalMs, debounceMs, queueMs, prefillMs, decodeMs, promptTokens, prefilledTokens, decodedTokens } = timings;
  const ms = (value: number) => Math.round(value).toString();
  return (
    `${ms(totalMs)} ms: waited ${ms(debounceMs + queueMs)}, prompt ${ms(prefillMs)} ` +
    `(${prefilledTokens} of ${promptTokens} tokens new), text ${ms(decodeMs)} (${decodedTokens} tokens)`
  );
}
