/** The files of the workspace that may be read (extension -> engine), and the state of the engine's index of them. */
import * as v from "valibot";
import { NotificationType0, RequestType0 } from "vscode-jsonrpc";
import { notification, request, text } from "./checked.ts";

/** A change in the files that may be read. The engine reads their text from the disk itself. */
export const repositoryFilesChange = v.object({
  /** Whether all files named earlier are forgotten first. */
  reset: v.boolean(),
  /** Absolute paths of the opened folders: a file that links lead out of them is not read. Kept until told anew. */
  folders: v.exactOptional(v.array(text)),
  /**
   * That the packages which open files import may be read where they are installed, but for files that these globs
   * name. With a reset; where it is missing, none are read.
   */
  packages: v.exactOptional(v.object({ exclude: v.array(text) })),
  /** Addresses of files that are new or were changed. */
  changed: v.array(text),
  /** Addresses of files that no longer exist or may no longer be read. */
  removed: v.array(text),
});
export type RepositoryFilesChange = v.InferOutput<typeof repositoryFilesChange>;

export const repositoryFilesChanged = notification("repository/files", repositoryFilesChange);

/**
 * The rules have changed that decide which files may be read. From now on the engine uses nothing that it has read of
 * files or was told of them, until they are named or opened anew. Documents that stay open keep their text.
 */
export const readingRulesChanged = new NotificationType0("repository/rulesChanged");

export interface RepositoryStatus {
  /** Files of the workspace. */
  files: number;
  /** Bytes of the files' text; below, bytes of memory that the index takes, and that it may take. */
  textBytes: number;
  indexBytes: number;
  limitBytes: number;
  /** What is in the index of installed packages that open files import; missing when no package is read. */
  dependencies?: { packages: number; files: number; textBytes: number };
  /** Files that still have to be read. */
  waiting: number;
  /** Files that may be read and are not in the index, by reason, the most frequent first, with the paths of a few. */
  leftOut: { reason: string; files: number; examples: string[] }[];
}

export const repositoryStatus = new RequestType0<RepositoryStatus, void>("repository/status");

/** Something that a file of the index declares. */
export interface RepositoryName {
  name: string;
  uri: string;
  /** Relative to the workspace folder. */
  path: string;
  /** Lines of the piece of the file that declares it, counted from 1, both included. */
  first: number;
  last: number;
}

/** Names that begin with the query or contain it, the nearest first. */
export const repositoryNames = request<RepositoryName[]>()("repository/names", v.object({ query: text }));
