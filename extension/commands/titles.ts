/** Names of the commands that change code, for titles of diffs, progress and input boxes. */
import type { EditTask } from "../../engine/protocol/tasks.ts";

export const EDIT_TITLES: Readonly<Record<EditTask, string>> = {
  refactor: "Refactor",
  fix: "Fix",
  document: "Document",
  tests: "Tests",
  edit: "Change",
};
