/**
 * The rules for which folders ("rooms") may import which. A file belongs to the first room whose pattern matches its
 * path, and may import its own room and the rooms listed there. A file that matches no room may import anything.
 */
import path from "node:path/posix";

/** @typedef {{name: string, files: RegExp, may: string[], packages?: RegExp}} Room */

/**
 * TypeScript rooms. `packages` are the modules from npm and from Node that the room may import.
 *
 * @type {Room[]}
 */
const ROOMS = [
  { name: "protocol", files: /^engine\/protocol\//, may: [], packages: /^(vscode-jsonrpc|valibot)$/ },
  { name: "text", files: /^engine\/text\//, may: [], packages: /^$/ },
  {
    name: "extension",
    files: /^extension\//,
    may: ["protocol", "webview messages", "client", "workspace"],
    packages: /^(vscode|vscode-jsonrpc(\/.*)?|node:.*)$/,
  },
  // How a program reaches the engine process, and which files of a workspace may be read. Used by all editors.
  { name: "client", files: /^engine\/client\//, may: ["protocol"], packages: /^(node:.*|vscode-jsonrpc(\/.*)?)$/ },
  { name: "workspace", files: /^engine\/workspace\//, may: [], packages: /^(ignore|minimatch|node:(fs|os|path))$/ },
  // The protocol's types: the page shows what the engine reports about a conversation unchanged.
  { name: "webview messages", files: /^webview\/messages\.ts$/, may: ["protocol"], packages: /^valibot$/ },
  {
    name: "webview",
    files: /^webview\//,
    may: ["webview messages"],
    packages: /^(lit(\/.*)?|markdown-it|dompurify|highlight\.js\/.*)$/,
  },
  { name: "net", files: /^engine\/net\//, may: [], packages: /^node:/ },
  { name: "machine", files: /^engine\/machine\//, may: [], packages: /^node:/ },
  { name: "native", files: /^engine\/native\.ts$/, may: ["machine"], packages: /^node:/ },
  { name: "package root", files: /^engine\/packageRoot\.ts$/, may: [], packages: /^node:/ },
  { name: "process ids", files: /^engine\/process\/isAlive\.ts$/, may: [], packages: /^$/ },
  { name: "clock", files: /^engine\/clock\.ts$/, may: [], packages: /^$/ },
  {
    name: "models",
    files: /^engine\/models\//,
    may: ["machine", "native", "package root", "net", "process ids", "protocol"],
    packages: /^node:/,
  },
  {
    name: "repository",
    files: /^engine\/repository\//,
    may: ["protocol", "text", "native", "workspace"],
    packages: /^node:/,
  },
  {
    name: "prompt",
    files: /^engine\/prompt\//,
    may: ["native", "protocol", "text"],
    packages: /^(@huggingface\/jinja|node:vm)$/,
  },
  {
    name: "backend face",
    files: /^engine\/backend\/backend\.ts$/,
    may: ["native", "protocol", "prompt", "text"],
    packages: /^$/,
  },
  {
    name: "remote backend",
    files: /^engine\/backend\/remote\//,
    may: ["backend face", "net", "clock", "prompt", "protocol", "text"],
    packages: /^(eventsource-parser|valibot)$/,
  },
  {
    name: "backend",
    files: /^engine\/backend\//,
    may: [
      "machine",
      "native",
      "clock",
      "protocol",
      "prompt",
      "text",
      "models",
      "net",
      "backend face",
      "remote backend",
    ],
    packages: /^node:/,
  },
  {
    name: "completion",
    files: /^engine\/completion\//,
    may: ["native", "protocol", "prompt", "text", "repository", "clock", "backend face", "backend"],
    packages: /^(node:.*|vscode-jsonrpc)$/,
  },
  {
    name: "chat",
    files: /^engine\/chat\//,
    may: ["native", "protocol", "prompt", "text", "process ids", "backend face", "backend"],
    packages: /^(node:.*|vscode-jsonrpc)$/,
  },
  {
    name: "next edit",
    files: /^engine\/nextEdit\//,
    may: ["protocol", "text", "repository", "clock"],
    packages: /^(node:.*|vscode-jsonrpc)$/,
  },
  {
    name: "replay",
    files: /^engine\/replay\//,
    may: ["protocol", "clock", "text", "repository", "native", "backend face", "backend", "completion", "next edit"],
    packages: /^node:/,
  },
  {
    name: "eval",
    files: /^engine\/eval\//,
    may: ["replay", "completion", "text", "chat", "protocol", "repository"],
    packages: /^node:/,
  },
  {
    name: "process",
    files: /^engine\/(process\/|main\.ts$)/,
    may: [
      "protocol",
      "clock",
      "repository",
      "backend face",
      "backend",
      "completion",
      "chat",
      "next edit",
      "models",
      "machine",
      "native",
      "package root",
    ],
    packages: /^(node:.*|vscode-jsonrpc(\/.*)?)$/,
  },
  {
    name: "language server",
    files: /^engine\/lsp\//,
    may: ["protocol", "client", "workspace", "text"],
    packages: /^(node:.*|vscode-jsonrpc(\/.*)?|vscode-languageserver(-textdocument|\/.*)?|valibot)$/,
  },
  {
    name: "HTTP server",
    files: /^engine\/serve\//,
    may: ["protocol", "client"],
    packages: /^(node:.*|vscode-jsonrpc|valibot)$/,
  },
  {
    name: "command line",
    files: /^engine\/cli(\/|\.ts$)/,
    may: [
      "protocol",
      "clock",
      "text",
      "repository",
      "backend face",
      "backend",
      "remote backend",
      "completion",
      "chat",
      "next edit",
      "prompt",
      "models",
      "net",
      "machine",
      "native",
      "package root",
      "replay",
      "eval",
      "process",
      "client",
      "language server",
      "HTTP server",
    ],
    packages: /^(node:.*|vscode-jsonrpc(\/.*)?)$/,
  },
  // A new folder of the engine must be entered above before it may import anything.
  { name: "engine", files: /^engine\//, may: [], packages: /^node:/ },
  { name: "bench", files: /^bench\//, may: ["*"], packages: /^(node:.*|vscode-jsonrpc(\/.*)?)$/ },
  // Tests may import everything. `vscode` exists only in those that run inside VS Code.
  { name: "host tests", files: /^test\/host\//, may: ["*"], packages: /./ },
  { name: "tests", files: /^test\//, may: ["*"], packages: /^(?!vscode$)/ },
];

/**
 * Rooms of native/src and the rooms whose headers each may include.
 *
 * @type {Record<string, string[]>}
 */
const NATIVE = {
  kernels: [],
  model: ["kernels"],
  tokenizer: [],
  sampling: [],
  ngram: ["model"],
  cache: ["kernels", "model"],
  runtime: ["cache", "kernels", "model", "tokenizer", "sampling", "ngram"],
  bench: ["runtime", "kernels", "model"],
  addon: ["runtime", "kernels", "tokenizer", "ngram", "bench"],
};

/** Headers of JavaScript engines, which only the addon may see. */
const JAVASCRIPT = /^(napi.*\.h|node.*\.h|js_native_api.*\.h|uv\.h|v8.*\.h)$/;

/**
 * @param {string} file Path relative to the repository, with forward slashes.
 * @param {string} text
 * @returns {string[]} One line per import that goes through a wall.
 */
export function violations(file, text) {
  if (/\.(ts|mts|cts)$/.test(file)) return typescriptViolations(file, text);
  if (/^native\/src\/.*\.(cc|h|inc)$/.test(file)) return nativeViolations(file, text);
  return [];
}

/** @param {string} file @param {string} text */
function typescriptViolations(file, text) {
  const room = roomOf(file);
  if (!room) return [];
  const found = [];
  for (const { specifier, line } of imports(text)) {
    if (!specifier.startsWith(".")) {
      if (room.packages?.test(specifier)) continue;
      found.push(`${file}:${line}: ${room.name} must not import the module "${specifier}"`);
      continue;
    }
    const target = path.join(path.dirname(file), specifier);
    const other = roomOf(target);
    if (other?.name === room.name || room.may.includes("*") || (other && room.may.includes(other.name))) continue;
    found.push(`${file}:${line}: ${room.name} must not import ${other?.name ?? "what is in no room"} (${target})`);
  }
  return found;
}

/** @param {string} file */
function roomOf(file) {
  return ROOMS.find((room) => room.files.test(file));
}

/** Static and dynamic imports, re-exports and require(), by the form of the statement. */
const IMPORT =
  /^[ \t]*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']|^[ \t]*import\s*["']([^"']+)["']|\b(?:import|require)\(\s*["']([^"']+)["']/gm;

/** @param {string} text */
function* imports(text) {
  for (const match of text.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2] ?? match[3] ?? "";
    yield { specifier, line: lineOf(text, match.index + match[0].indexOf(specifier)) };
  }
}

/** @param {string} file @param {string} text */
function nativeViolations(file, text) {
  const room = file.split("/")[2] ?? "";
  const allowed = NATIVE[room];
  if (!allowed) return [`${file}:1: native/src has no room "${room}"; scripts/lib/walls.mjs lists the rooms`];
  const found = [];
  for (const match of text.matchAll(/^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]/gm)) {
    const header = match[2] ?? "";
    const place = `${file}:${lineOf(text, match.index)}`;
    if (JAVASCRIPT.test(header)) {
      if (room !== "addon") found.push(`${place}: ${room} must not include ${header}; only the addon knows JavaScript`);
    } else if (match[1] === '"') {
      const other = header.split("/")[0] ?? "";
      if (other !== room && !allowed.includes(other)) found.push(`${place}: ${room} must not include ${header}`);
    }
  }
  return found;
}

/** @param {string} text @param {number} index */
function lineOf(text, index) {
  return text.slice(0, index).split("\n").length;
}
