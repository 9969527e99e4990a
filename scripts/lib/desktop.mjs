/** Finds a desktop VS Code. */
import { realpathSync } from "node:fs";
import path from "node:path";
import { isExecutable, ScriptError, which } from "./process.mjs";

/**
 * The program of a desktop VS Code that can open a window here: VSCODE_EXECUTABLE, else the one that `code` on PATH
 * belongs to, else one in the usual places. Undefined when there is none.
 */
export function findDesktop() {
  const named = process.env.VSCODE_EXECUTABLE;
  if (named) {
    if (!isExecutable(named)) throw new ScriptError(`VSCODE_EXECUTABLE names no program: ${named}`);
    return named;
  }
  if (process.platform === "linux" && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return undefined;
  const command = which("code");
  const places = [...(command ? [programOf(realpathSync(command))] : []), ...usualPlaces()];
  return places.find(isExecutable);
}

/** The program that the `code` command in its bin folder starts. */
function programOf(/** @type {string} */ command) {
  const bin = path.dirname(command);
  if (process.platform === "darwin") return path.resolve(bin, "../../../MacOS/Electron");
  return path.resolve(bin, process.platform === "win32" ? "../Code.exe" : "../code");
}

function usualPlaces() {
  const { HOME = "", LOCALAPPDATA = "", ProgramFiles = "" } = process.env;
  if (process.platform === "darwin") {
    const program = "Applications/Visual Studio Code.app/Contents/MacOS/Electron";
    return [path.join("/", program), path.join(HOME, program)];
  }
  if (process.platform === "win32") {
    return [path.join(LOCALAPPDATA, "Programs"), ProgramFiles].map((at) => path.join(at, "Microsoft VS Code/Code.exe"));
  }
  return ["/usr/share/code/code"];
}
