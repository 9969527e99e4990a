/** The questions that are asked before and after a download. */
import * as vscode from "vscode";
import { messageOf } from "../../engine/client/errors.ts";
import type { ModelRow } from "../../engine/protocol/models.ts";
import { gigabytes } from "./modelRows.ts";

/** Shows the licence before the first byte. Whoever continues a download has agreed already. */
export async function agreesToLicence(row: ModelRow): Promise<boolean> {
  if (row.state === "partial" || row.licence.name === "") {
    return true;
  }
  const download = "Download";
  const read = "Read the Licence";
  const detail = [
    `${gigabytes(row.bytes)} from ${row.source}. It ${row.needs}.`,
    row.fits ? "" : "This machine has too little memory for it.",
    `Licence: ${row.licence.name}, ${row.licence.url}`,
  ]
    .filter((line) => line !== "")
    .join("\n\n");
  for (;;) {
    const answer = await vscode.window.showInformationMessage(
      `Download ${row.name}?`,
      { modal: true, detail },
      download,
      read,
    );
    if (answer !== read) {
      return answer === download;
    }
    await vscode.env.openExternal(vscode.Uri.parse(row.licence.url));
  }
}

/** @returns what the model is to be used for; undefined for nothing. */
export async function offerAfterDownload({ name, chats }: ModelRow): Promise<"all" | "chat" | undefined> {
  const all = "Use It for Everything";
  const chat = "Use It for the Chat";
  const buttons = chats ? [chat, all] : [all];
  const answer = await vscode.window.showInformationMessage(`${name} is downloaded and verified.`, ...buttons);
  return answer === undefined ? undefined : answer === all ? "all" : "chat";
}

/** Explains why a download has ended early, and asks what to do. */
export async function offerAfterFailure(
  { name }: ModelRow,
  wasPaused: boolean,
  error: unknown,
): Promise<"resume" | "discard" | undefined> {
  const resume = wasPaused ? "Resume" : "Try Again";
  const discard = "Discard";
  const text = wasPaused ? `The download of ${name} is paused.` : `Sterna: ${messageOf(error)}`;
  const show = wasPaused ? vscode.window.showInformationMessage : vscode.window.showErrorMessage;
  const answer = await show(text, resume, discard);
  return answer === resume ? "resume" : answer === discard ? "discard" : undefined;
}
