import { createHash } from 'node:crypto';
import type { ServerOptions } from '../options.js';

/** The GraphiQL page, whole: it loads nothing from anywhere. */
export interface GraphiQLPage {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Makes the page when it is first asked for: its parts are many megabytes, which a gateway without visitors need not hold. */
export function createGraphiQL(options: PageOptions): () => Promise<GraphiQLPage> {
  let page: Promise<GraphiQLPage> | undefined;
  return () => (page ??= renderPage(options));
}

type PageOptions = Pick<ServerOptions, 'operations' | 'playground'>;

/** Renders GraphiQL with a tab for each documented operation and, in the sandbox, its request headers. */
async function renderPage({ operations, playground }: PageOptions): Promise<GraphiQLPage> {
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = playground ? JSON.stringify(playground.headers, null, 2) : '{}';
  const html = renderGraphiQL({
    title: 'Headgate',
    endpoint: '/graphql',
    headers,
    defaultHeaders: headers,
    defaultTabs: operations.map(({ text }) => ({ query: withoutMarkup(text), headers, variables: '{}' })),
    subscriptionsProtocol: 'SSE',
    // Credentials that somebody types stay in the page and are gone when it is closed.
    shouldPersistHeaders: false,
    schemaDescription: true,
  });
  return {
    html,
    headers: { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentPolicy(html) },
  };
}

/** A comment that closed the script element early would end the page. */
function withoutMarkup(text: string): string {
  return text.replaceAll('</', '< /');
}

/** Only the page's own script runs (named by its hash), and it talks to this origin alone. */
function contentPolicy(html: string): string {
  const start = html.indexOf('<script>') + '<script>'.length;
  const script = html.slice(start, html.lastIndexOf('</script>'));
  const hash = createHash('sha256').update(script.replaceAll('\r\n', '\n')).digest('base64');
  return [
    "default-src 'none'",
    `script-src 'sha256-${hash}' blob:`,
    "style-src 'unsafe-inline'",
    'worker-src blob:',
    "img-src 'self' data:",
    'font-src data:',
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
