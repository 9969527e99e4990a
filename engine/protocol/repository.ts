/** The workspace's files, as far as they may be read (extension -> engine), and what the engine's index holds of them. */
import * as v from "valibot";
import { RequestType0 } from "vscode-jsonrpc";
import { notification, text } from "./checked.ts";

/** A change of the files that may be read. The engine reads their text from the disk itself. */
export const repositoryFilesChange = v.object({
  /** The files told before are forgotten first. */
  reset: v.boolean(),
  /** Addresses of files that are new or were changed. */
  changed: v.array(text),
  /** Addresses of files that are gone, or may no longer be read. */
  removed: v.array(text),
});
export type RepositoryFilesChange = v.InferOutput<typeof repositoryFilesChange>;

export const repositoryFilesChanged = notification("repository/files", repositoryFilesChange);

export interface RepositoryStatus {
  files: number;
  /** Bytes of the files' text, of the memory that the index takes, and of the memory that it may take. */
  textBytes: number;
  indexBytes: number;
  limitBytes: number;
  /** Files that still have to be read. */
  waiting: number;
  /** Files that may be read and are not in the index, by reason, the most frequent first. */
  leftOut: { reason: string; files: number }[];
}

export const repositoryStatus = new RequestType0<RepositoryStatus, void>("repository/status");
