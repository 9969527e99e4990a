/** The ways in which a download can fail. Each message is one line that says what to do. */

export type DownloadProblem =
  /** The server refuses the file. */
  | "refused"
  /** The connection broke too often; the bytes received so far are kept. */
  | "network"
  /** The bytes differ from what was stated; they are deleted. */
  | "not-the-file"
  /** The disk is full, or the download would fill it. */
  | "no-space"
  /** The folder cannot be written to for another reason. */
  | "storage"
  /** Another window is downloading a model. */
  | "busy"
  /** The address is not allowed. */
  | "address";

export class DownloadError extends Error {
  override name = "DownloadError";

  constructor(
    readonly problem: DownloadProblem,
    message: string,
  ) {
    super(message);
  }
}
