/** Registers next edits: an edit that the user has made is proposed where it applies again. */
import type * as vscode from "vscode";
import type { Services } from "../services.ts";
import { acceptAll } from "./acceptAll.ts";

export function registerNextEdits(_context: vscode.ExtensionContext, services: Services): void {
  const { nextEdits } = services;
  services.command("sterna.goToNextEdit", () => nextEdits.go());
  services.command("sterna.acceptNextEdit", () => nextEdits.accept());
  services.command("sterna.dismissNextEdit", () => nextEdits.dismiss());
  services.command("sterna.acceptAllNextEdits", () => acceptAll(services, nextEdits.current));
}
