/** The files of the workspace that may be read (extension -> engine), and the state of the engine's index of them. */
import * as v from "valibot";
import { RequestType0 } from "vscode-jsonrpc";
import { notification, text } from "./checked.ts";

/** A change in the files that may be read. The engine reads their text from the disk itself. */
export const repositoryFilesChange = v.object({
  /** Whether all files named earlier are forgotten first. */
  reset: v.boolean(),
  /** Addresses of files that are new or have changed. */
  changed: v.array(text),
  /** Addresses of files that no longer exist or may no longer be read. */
  removed: v.array(text),
});
export type RepositoryFilesChange = v.InferOutput<typeof repositoryFilesChange>;

export const repositoryFilesChanged = notification("repository/files", repositoryFilesChange);

export interface RepositoryStatus {
  files: number;
  /** Bytes of the files' text; below, bytes of memory that the index takes, and that it may take. */
  textBytes: number;
  indexBytes: number;
  limitBytes: number;
  /** Files that still have to be read. */
  waiting: number;
  /** Files that may be read but are not in the index, by reason, the most frequent reason first. */
  leftOut: { reason: string; files: number }[];
}

export const repositoryStatus = new RequestType0<RepositoryStatus, void>("repository/status");
