/**
 * The chat page's HTML. It loads nothing but the page's own script and style: no network, no inline code, no images.
 */

export interface PageResources {
  /** The value of `webview.cspSource`. */
  cspSource: string;
  script: string;
  style: string;
  /** A new random value for every page. */
  nonce: string;
}

export function chatPage({ cspSource, script, style, nonce }: PageResources): string {
  const policy = `default-src 'none'; style-src ${cspSource}; script-src 'nonce-${nonce}'`;
  return `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Sterna chat</title>
    <link rel="stylesheet" href="${style}">
  </head>
  <body>
    <main><sterna-chat></sterna-chat></main>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
}
