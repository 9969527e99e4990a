/** What the engine reports without being asked. To be notified, listen with {@link EngineClient.listen}. */
import type { NotificationType } from "vscode-jsonrpc";
import * as protocol from "../protocol/index.ts";

export interface EngineEvents {
  /** The engine has started. It has no documents yet. */
  onStarted(): void;
  /** The engine has ended, and everything that it was doing with it. */
  onEnded(): void;
  onStatus(status: protocol.Status): void;
  onModelProgress(progress: protocol.ModelProgress): void;
  onAccepted(acceptance: protocol.Acceptance): void;
  onCompletionLate(place: protocol.CursorPosition): void;
  onChatEvent(event: { conversation: string; event: protocol.ChatEvent }): void;
}

export type NotificationName = Exclude<keyof EngineEvents, "onStarted" | "onEnded">;

/** The events that are notifications of the protocol. */
export const NOTIFICATIONS: {
  readonly [K in NotificationName]: NotificationType<Parameters<EngineEvents[K]>[0]>;
} = {
  onStatus: protocol.status,
  onModelProgress: protocol.modelProgress,
  onAccepted: protocol.suggestionAccepted,
  onCompletionLate: protocol.completionIsLate,
  onChatEvent: protocol.chatEvent,
};

/** Passes every event on to all that listen for it. */
export class EventHub {
  readonly #listeners = new Set<Partial<EngineEvents>>();

  /** @returns an object whose `dispose` ends the listening. */
  listen(listener: Partial<EngineEvents>): { dispose(): void } {
    this.#listeners.add(listener);
    return { dispose: () => void this.#listeners.delete(listener) };
  }

  emit<K extends keyof EngineEvents>(name: K, ...args: Parameters<EngineEvents[K]>): void {
    for (const listener of this.#listeners) {
      const call = listener[name] as ((...args: Parameters<EngineEvents[K]>) => void) | undefined;
      call?.apply(listener, args);
    }
  }
}
