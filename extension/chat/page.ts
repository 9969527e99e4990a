/**
 * The chat page's HTML. Nothing may be loaded but the page's own script and style: no network, no inline code, no
 * images.
 */

export interface PageResources {
  /** `webview.cspSource` */
  cspSource: string;
  script: string;
  style: string;
  /** Fresh for every page. */
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
    <p id="note" role="status" hidden></p>
    <div id="log" role="log" aria-live="polite" aria-label="Conversation" tabindex="0"></div>
    <form id="form">
      <textarea id="input" rows="2" aria-label="Message" placeholder="Ask about your code"></textarea>
      <div class="buttons">
        <button id="send" type="submit" disabled>Send</button>
        <button id="stop" type="button" hidden>Stop</button>
        <button id="clear" type="button" disabled>Clear</button>
      </div>
    </form>
    <script nonce="${nonce}" src="${script}"></script>
  </body>
</html>
`;
}
