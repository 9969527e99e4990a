/** Every message between the extension and the engine process. lifecycle.ts describes how they are sent. */
export * from "./chat.ts";
export { type CheckedNotification, type CheckedRequest, checked, ShapeError } from "./checked.ts";
export * from "./completion.ts";
export * from "./conversations.ts";
export * from "./documents.ts";
export * from "./lifecycle.ts";
export * from "./models.ts";
export * from "./nextEdit.ts";
export * from "./repository.ts";
export * from "./settings.ts";
export * from "./status.ts";
export * from "./tasks.ts";
