import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";
import { join, resolve } from "node:path";
import { EngineClient } from "../client/client.ts";
import { configOf, readDefaults } from "../lsp/configuration.ts";
import { packageRoot } from "../packageRoot.ts";
import { EngineAnswers } from "../serve/engineAnswers.ts";
import { createHttpServer } from "../serve/httpServer.ts";
import { type Command, number, parse } from "./command.ts";
import { storageDir } from "./loadModel.ts";

const DEFAULT_PORT = "8012";
const DEFAULT_MAX_TOKENS = "128";

export const serve: Command = {
  usage: "serve [--port N] [--token T] [--model M] [--max-tokens N]",
  summary: "Serve other programs of this machine: OpenAI's interface at the loopback address.",
  details: `Answers /v1/completions (with suffix), /v1/chat/completions (with streaming), /v1/models, and llama.cpp's /infill, at
127.0.0.1 alone, until it is ended. Only this command starts it. It joins the engine of the editors, or starts it.

  --port N          default ${DEFAULT_PORT}; 0 takes a free one
  --token T         what clients give as their API key; by default STERNA_TOKEN, else a new one, which is printed
  --model M         GGUF file, safetensors folder or pack; default the built-in model
  --max-tokens N    most tokens of a completion, default ${DEFAULT_MAX_TOKENS}
  --threads N       worker threads
  --storage FOLDER  packed models; with VS Code's folder for Sterna, both share one engine

Answers are the likeliest ones: temperature and top_p change nothing.`,
  async run(args) {
    const options = {
      port: { type: "string" },
      token: { type: "string" },
      model: { type: "string" },
      "max-tokens": { type: "string" },
      threads: { type: "string" },
      storage: { type: "string" },
    } as const;
    const { values } = parse(args, options, []);
    const port = number("port", values.port ?? DEFAULT_PORT, 0, 65_535);
    const maxTokens = number("max-tokens", values["max-tokens"] ?? DEFAULT_MAX_TOKENS, 1, 4096);
    const threads = number("threads", values.threads ?? "0", 0, 1024);
    const token = values.token ?? process.env.STERNA_TOKEN ?? randomBytes(16).toString("hex");
    const root = packageRoot();
    const storage = values.storage ?? storageDir();
    const settings = { threads, model: values.model === undefined ? "" : resolve(values.model) };
    const config = configOf([settings], readDefaults(root), process.env).engine;
    const engine = new EngineClient({
      script: () => join(root, "dist", "engine.cjs"),
      root,
      storage,
      conversations: join(storage, "conversations"),
      settings: () => config,
      isShared: true,
      log: (line) => process.stderr.write(`${line}\n`),
    });
    const answers = new EngineAnswers(engine, (tokens) => {
      config.maxTokens = tokens;
    });
    const server = createHttpServer({ answers, maxTokens }, token);
    await new Promise<void>((listening, failed) => {
      server.once("error", failed);
      server.listen(port, "127.0.0.1", listening);
    });
    engine.start();
    const { port: taken } = server.address() as AddressInfo;
    process.stdout.write(`Serving at http://127.0.0.1:${taken}/v1\n`);
    if (values.token === undefined && process.env.STERNA_TOKEN === undefined) process.stdout.write(`Token: ${token}\n`);
    await new Promise<void>((ended) => {
      process.once("SIGINT", ended);
      process.once("SIGTERM", ended);
    });
    server.closeAllConnections();
    server.close();
    await engine.stop();
  },
};
