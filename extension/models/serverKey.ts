/** The server's key. It is kept in the secret storage, because settings are synchronised and others can read them. */
import * as vscode from "vscode";

const NAME = "sterna.serverKey";

export class ServerKey implements vscode.Disposable {
  readonly #secrets: vscode.SecretStorage;
  readonly #listener: vscode.Disposable;
  #value = "";

  /** @param onChange called when the key has changed, in this window or in another. */
  constructor(secrets: vscode.SecretStorage, onChange: () => void) {
    this.#secrets = secrets;
    this.#listener = secrets.onDidChange(async ({ key }) => {
      if (key === NAME) {
        await this.read();
        onChange();
      }
    });
  }

  get value(): string {
    return this.#value;
  }

  async read(): Promise<void> {
    this.#value = (await this.#secrets.get(NAME)) ?? "";
  }

  /** Asks for a new key. An empty one removes the old one. */
  async ask(): Promise<void> {
    const value = await vscode.window.showInputBox({
      title: "Key of the server",
      prompt: "Kept in the system's secret storage. Leave it empty to forget the key.",
      password: true,
      ignoreFocusOut: true,
    });
    if (value === undefined) {
      return;
    }
    if (value === "") {
      await this.#secrets.delete(NAME);
    } else {
      await this.#secrets.store(NAME, value);
    }
  }

  dispose(): void {
    this.#listener.dispose();
  }
}
