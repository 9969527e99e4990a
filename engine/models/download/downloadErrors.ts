/** How a download can fail. Each is one line that says what to do. */

export type DownloadProblem =
  /** The server does not give the file. */
  | "refused"
  /** The network or the server broke off too often; what there is of the file is kept. */
  | "network"
  /** The bytes are not those that were promised; they are thrown away. */
  | "not-the-file"
  /** The disk is, or would become, full. */
  | "no-space"
  /** The folder cannot be written for another reason. */
  | "storage"
  /** Another window downloads. */
  | "busy"
  /** The address may not be used. */
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
