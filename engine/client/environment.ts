/**
 * The environment variables that the engine inherits from the editor. The others are withheld, because tokens and keys of
 * other programs are often among them.
 */

/** Variables that change what the engine does: proxies, certificates, and those of Sterna. */
const MEANINGFUL = /^((https?|all|no)_proxy|sterna_.*|node_(?!options$).*|ssl_cert_.*)$/i;

/**
 * Variables that programs need to run: the folders of the user and for temporary files, the language, Windows' own
 * folders, and how the system's loader finds libraries.
 */
const NEEDED =
  /^(home|user(profile|name)?|(local)?appdata|programdata|tmp|temp|tmpdir|xdg_runtime_dir|lang|lc_.*|tz|path|system(root|drive)|windir|comspec|dyld_.*|(nix_)?ld_.*|[a-z]+san_options)$/i;

/** The environment of an engine that an editor with environment `env` starts. */
export function engineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => MEANINGFUL.test(name) || NEEDED.test(name));
  return { ...Object.fromEntries(kept), ELECTRON_RUN_AS_NODE: "1" };
}

/** The variables that must be equal for one engine to serve two windows, sorted by name. */
export function meaningfulEnvironment(env: NodeJS.ProcessEnv): [string, string | undefined][] {
  return Object.entries(env)
    .filter(([name]) => MEANINGFUL.test(name))
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
