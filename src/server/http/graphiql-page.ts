import type { ServerOptions } from '../options.js';
import { createAssets, type Assets } from './assets.js';

/** GraphiQL: a small page, and the files that it loads from this origin. */
export interface GraphiQL {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly assets: Assets;
}

/** Where the page's files are. */
export const ASSETS_PATH = '/graphiql/';

/** Makes the page when it is first asked for: its parts are many megabytes, which a gateway without visitors need not hold. */
export function createGraphiQL(options: PageOptions): () => Promise<GraphiQL> {
  let page: Promise<GraphiQL> | undefined;
  return () => (page ??= renderPage(options));
}

type PageOptions = Pick<ServerOptions, 'operations' | 'playground'>;

/**
 * GraphiQL moves a tab while it is dragged, and leaves that shift on it. The library's own style hides the shift only as long as
 * the tab has no focus, so the first press on a tab made it jump away from under the pointer, and the click was lost.
 */
const STYLE = `
.graphiql-tab { transform: none !important; }
/* On a phone the answer stands below the question. */
@media (max-width: 700px) {
  #graphiql-session { flex-direction: column; gap: 8px; }
  #graphiql-session > * { min-width: 0; flex: 1 1 0 !important; }
  #graphiql-session > .graphiql-horizontal-drag-bar { display: none; }
  .graphiql-logo { display: none; }
  /* The question gets the room for its variables, and what the sidebar opens stands above both. */
  #graphiql-session > :first-child { flex-grow: 2 !important; }
  .graphiql-editors > .graphiql-editor-tool { min-height: 6rem; }
  .graphiql-container .graphiql-main { flex-direction: column; overflow-y: auto; }
  .graphiql-container .graphiql-main > * { min-width: 0 !important; flex: 0 0 18rem !important; }
  .graphiql-container .graphiql-main > .graphiql-sessions { flex: 1 0 36rem !important; }
  .graphiql-container .graphiql-main > .graphiql-horizontal-drag-bar { display: none; }
  .graphiql-container .graphiql-sessions { min-width: 0; }
  .graphiql-dialog .graphiql-dialog-section { flex-direction: column; align-items: flex-start; gap: 8px; }
}
`;

/** Starts GraphiQL with what the page says, and its editors' workers with files of this origin. */
const START = `
const workers = { editorWorkerService: 'editor-worker.js', json: 'json-worker.js', graphql: 'graphql-worker.js' };
const script = new URL(document.currentScript.src);
self.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) => new URL(workers[label] + script.search, script).href,
};
`;
/**
 * At the next visit GraphiQL looks for the tab that holds the text which was edited last. Where nobody edited anything it finds
 * none, and opens an empty one; where it keeps no tabs, as after its data was cleared, it puts that text into the first one without
 * its variables, for good. So it is told which tab was open, or that none was; an address with a text of its own goes first.
 */
const RESUME = `
try {
  const kept = JSON.parse(localStorage.getItem('graphiql:tabState'));
  const open = kept === null ? undefined : kept.tabs[kept.activeTabIndex];
  // The page writes each text into its address, and leaves a state there, which a link that somebody follows has not.
  if (open === undefined && history.state !== null) history.replaceState(null, '', location.pathname);
  if (!new URLSearchParams(location.search).has('query'))
    for (const name of ['query', 'variables'])
      if (open === undefined) localStorage.removeItem('graphiql:' + name);
      else localStorage.setItem('graphiql:' + name, open[name] ?? '');
} catch {
  // A browser that keeps nothing.
}
`;
/** A tab that opens beyond the edge is brought into view. */
const SHOW_TAB = `
new MutationObserver((changes) => {
  for (const { target } of changes)
    if (target.matches('[role=tab][aria-selected=true]')) target.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  const open = document.querySelector('[role=tab][aria-selected=true]');
  if (open !== shownTab) (shownTab = open)?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}).observe(document.querySelector('#root'), {
  subtree: true, childList: true, attributes: true, attributeFilter: ['aria-selected'],
});
let shownTab = null;
`;
const RENDER = `
YogaGraphiQL.renderYogaGraphiQL(
  document.querySelector('#root'),
  JSON.parse(document.querySelector('#options').textContent),
);
`;

/** The editor's own green for comments has too little contrast (3.6:1) before the dark ground of the page. */
function readable(js: string): string {
  return js.replaceAll('token:"comment",foreground:"608B4E"', 'token:"comment",foreground:"7AA968"');
}

/** As many characters as the editor shows on a laptop's screen. */
const COMMENT_WIDTH = 50;

/** The text with the comments before the operation broken into lines that fit. */
export function withShortComments(text: string): string {
  const comment = /^(?:#.*\n)+/.exec(text)?.[0] ?? '';
  const lines: string[] = [];
  for (const word of comment.replaceAll(/^# ?/gm, '').split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    // What an operation may cost stands on a line of its own.
    if (last === undefined || word === 'budget:' || last.length + word.length >= COMMENT_WIDTH) lines.push(`# ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.map((line) => `${line}\n`).join('') + text.slice(comment.length);
}

/** Renders GraphiQL with a tab for each documented operation and, in the sandbox, its request headers. */
async function renderPage({ operations, playground }: PageOptions): Promise<GraphiQL> {
  const parts = await import('@graphql-yoga/render-graphiql/graphiql');
  const assets = createAssets(ASSETS_PATH, {
    'graphiql.js': {
      type: 'text/javascript; charset=utf-8',
      text: `${START}${readable(parts.js)};${RESUME}${SHOW_TAB}${RENDER}`,
    },
    'graphiql.css': { type: 'text/css; charset=utf-8', text: `${parts.css}${STYLE}` },
    'editor-worker.js': { type: 'text/javascript; charset=utf-8', text: parts.editorWorkerService },
    'json-worker.js': { type: 'text/javascript; charset=utf-8', text: parts.jsonWorker },
    'graphql-worker.js': { type: 'text/javascript; charset=utf-8', text: parts.graphqlWorker },
  });
  const headers = playground ? JSON.stringify(playground.headers, null, 2) : '{}';
  const settings = {
    title: 'Headgate',
    endpoint: '/graphql',
    headers,
    defaultHeaders: headers,
    defaultTabs: operations.map(({ text, variables }) => ({ query: withShortComments(text), headers, variables })),
    subscriptionsProtocol: 'SSE',
    // Credentials that somebody types stay in the page and are gone when it is closed.
    shouldPersistHeaders: false,
    schemaDescription: true,
  };
  return { html: toHtml(settings, assets), headers: pageHeaders, assets };
}

function toHtml(settings: object, assets: Assets): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Headgate</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="${assets.address('graphiql.css')}" />
  </head>
  <body id="body" class="no-focus-outline">
    <noscript>GraphiQL needs JavaScript.</noscript>
    <div id="root"></div>
    <script type="application/json" id="options">${withoutMarkup(JSON.stringify(settings))}</script>
    <script src="${assets.address('graphiql.js')}"></script>
  </body>
</html>
`;
}

/** A comment that closed the script element early would end the page. */
function withoutMarkup(json: string): string {
  return json.replaceAll('<', '\\u003c');
}

/** Only files of this origin run, and they talk to this origin alone. */
const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "worker-src 'self'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
};
