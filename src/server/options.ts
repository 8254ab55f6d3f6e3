import type { GraphQLError, GraphQLSchema } from 'graphql';
import type { Logger } from '../log.js';
import type { Presence } from '../values/departure.js';

/** Reads one request header by its lower-case name, or the same name from graphql-ws `connectionParams`; null when it was not sent. */
export type HeaderReader = (name: string) => string | null;

export type OperationKind = 'query' | 'mutation' | 'subscription';

/** What is known of a caller and an operation when its context is made. */
export interface ContextInput {
  readonly header: HeaderReader;
  readonly requestId: string;
  /** Aborts when the caller goes away (the connection closes, or a graphql-ws operation is completed) and nobody shares his query. */
  readonly signal: Presence;
  readonly kind: OperationKind;
  /** From where the caller came; unknown without a port. */
  readonly address?: string | undefined;
}

/** One named operation of the documentation, shown as a tab in GraphiQL. */
export interface NamedOperation {
  readonly name: string;
  readonly text: string;
  /** Its variables as JSON, such as the sandbox knows them. */
  readonly variables: string;
}

/** Documents that the deployment has listed: texts by their ids, among which is each one's SHA-256. */
export type TrustedDocuments = ReadonlyMap<string, string>;

/** Which documents there are besides those that are sent. */
export interface PersistedSettings {
  readonly trusted: TrustedDocuments;
  /** Whether nothing else is answered. */
  readonly trustedOnly: boolean;
}

/** An operation that is over, for metrics and traces; also one that was refused before it ran. */
export interface OperationEnd {
  /** Null when the request never became an operation. */
  readonly kind: OperationKind | null;
  /** Chosen by the client. */
  readonly name: string | null;
  readonly transport: 'http' | 'websocket';
  readonly ms: number;
  /** Codes of its errors, each once. */
  readonly codes: readonly string[];
  /** Whether its caller was gone before there was an answer; streams are left when they are over for their caller. */
  readonly left: boolean;
  /** Results of a stream; null for all else. */
  readonly events: number | null;
}

/** Time limits of the server, in milliseconds. */
export interface ServerTimings {
  /** A request must have arrived whole within this time. */
  readonly requestTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly ssePingMs: number;
  readonly webSocketPingMs: number;
  readonly connectionInitMs: number;
  /** How long running operations may go on once the server closes. */
  readonly drainMs: number;
}

export const defaultTimings: ServerTimings = {
  requestTimeoutMs: 60_000,
  keepAliveMs: 65_000,
  ssePingMs: 10_000,
  webSocketPingMs: 10_000,
  connectionInitMs: 5_000,
  drainMs: 18_500,
};

/** How much one WebSocket may ask for. */
export interface WebSocketLimits {
  readonly messagesPerSecond: number;
  readonly operationsPerSocket: number;
  /** What a message may have on average, where as many come as may: a long one is read before anybody knows what it asks. */
  readonly bytesPerMessage: number;
}

/** Documents have some hundred bytes to some thousand; all operations of a socket may come anew at once with 16 KiB each. */
export const defaultWebSocketLimits: WebSocketLimits = {
  messagesPerSecond: 50,
  operationsPerSocket: 200,
  bytesPerMessage: 16_384,
};

/** The request headers by which an answer may differ from one caller to another. */
export interface CredentialHeaders {
  readonly headers: readonly string[];
  /** Those with a person's token among them: who that is must be looked up for each request by itself. */
  readonly personal: readonly string[];
}

/** All that the server needs from outside; it knows no provider and reads no environment. */
export interface ServerOptions {
  readonly schema: GraphQLSchema;
  /** Makes the context of one operation, after parsing and validation. What it throws becomes the operation's error. */
  createContext(input: ContextInput): object | Promise<object>;
  /**
   * Makes the context of one subscription event from that of the subscription; the same one when left out. With it, streams of
   * equal operations and equal credential headers share one execution of an event that they have in common.
   */
  readonly contextPerEvent?: (context: object) => object;
  /** Whether somebody follows this very operation, so that it needs a context of its own; none are when left out. */
  readonly isWatched?: (header: HeaderReader) => boolean;
  /** Turns anything thrown into an error that is fit for a client, with code and `retryable`. */
  maskError(error: unknown, requestId: string): GraphQLError;
  readonly log: Logger;
  /** Sharing, `Vary` and CORS derive from them. */
  readonly credentials: CredentialHeaders;
  readonly operations: readonly NamedOperation[];
  readonly graphiql: boolean;
  /** The folder of the built desk; there is none when left out. */
  readonly desk?: string | undefined;
  /** Documents that are known by id, and whether all others are refused; none, and no, when left out. */
  readonly persisted?: PersistedSettings;
  /** How long anybody may keep what fields with `extensions.isPublic` gave; 0 when left out. */
  readonly publicForMs?: number;
  /** Who may introspect; asked only where that makes a difference to an operation. */
  readonly introspection: boolean | ((header: HeaderReader) => boolean);
  /** Set in the sandbox: `/` leads to GraphiQL, which starts with these request headers filled in. */
  readonly playground?: { readonly headers: Readonly<Record<string, string>> };
  /** Origins that browsers may call from; empty = no CORS headers at all. */
  readonly corsOrigins: readonly string[];
  /** Request headers that pages of those origins may send besides ours. */
  readonly corsHeaders?: readonly string[];
  readonly maxBodyBytes: number;
  /** How many proxies stand in front, whose word of a caller's address is believed; 0 when left out. */
  readonly trustProxy?: number;
  /** WebSockets and event streams of one address; 2,000 when left out. */
  readonly socketsPerAddress?: number;
  /** Names of this machine besides localhost that requests may be sent to; any when left out. */
  readonly hosts?: readonly string[];
  /** Operations beyond this many are refused; 4,000 when left out. */
  readonly maxOperationsInFlight?: number;
  /** Whether queries that come often are compiled; true when left out. */
  readonly jit?: boolean;
  /** Hides "Did you mean" and keeps /metrics for those that `mayReadMetrics` admits. */
  readonly production: boolean;
  /** Whether operations can be served; a text = what is still waited for. */
  ready(): boolean | string | Promise<boolean>;
  /** Extra fields of /health/ready for those who may see them; null for everybody else. */
  readonly healthDetail?: (header: HeaderReader) => Readonly<Record<string, unknown>> | null;
  readonly metrics?: () => Promise<{ readonly type: string; readonly body: string }>;
  /** Whose operator key came with a request: those have room behind a line that is full. Nobody's when left out. */
  readonly operatorName?: (header: HeaderReader) => string | null;
  /** How many operators there can be; without it, any number. */
  readonly operators?: number;
  /** Who may read /metrics in production; nobody when left out. */
  readonly mayReadMetrics?: (header: HeaderReader) => boolean;
  /** Told of each operation once, when it is over. */
  readonly onOperation?: (end: OperationEnd) => void;
  readonly timings?: Partial<ServerTimings>;
  /** 50 messages a second and 200 operations at a time on one WebSocket, when left out. */
  readonly webSocketLimits?: Partial<WebSocketLimits>;
}

/** Operations begun and not yet answered (open streams left out), waiting to begin, and refused since the start. */
export interface OperationLoad {
  readonly inFlight: number;
  readonly waiting: number;
  readonly refused: number;
}

/** A running gateway as the process, or a test, sees it. */
export interface ServerApp {
  /** Answers one request without a port. */
  fetch(request: Request): Promise<Response>;
  /**
   * Starts to listen; port 0 takes any free one. Rejects with a one-line error when the address cannot be used. So many
   * connections (1 when left out) are accepted in each turn of the event loop, which takes a child process for a moment.
   */
  listen(host: string, port: number, acceptsPerTurn?: number): Promise<{ readonly url: string; readonly port: number }>;
  /** How many operations of its port there are. */
  load(): OperationLoad;
  /**
   * Refuses what is new, ends the streams, lets running operations finish within `drainMs`, then cuts. Idle connections stay
   * for `lingerMs` (0 when left out), in which requests on them are refused with an answer. Never rejects.
   */
  close(lingerMs?: number): Promise<void>;
}

/** What the context of an operation may tell the server of it; to resolvers it is whatever its maker wants. */
export interface OperationContext {
  /** The name of the operator key that came with it. */
  readonly operator?: string | undefined;
  /** Upstream calls so far, when they are counted. */
  calls?: (() => Readonly<Record<string, number>>) | undefined;
  /** What to show as `extensions.upstream` of the next result, when the caller asked for it. */
  upstreamCalls?: (() => readonly object[]) | undefined;
  /** Lets go of what the context holds; called when the operation is over. */
  release?: (() => void) | undefined;
  /** Told when the operation is over. */
  finished?: ((end: OperationEnd) => void) | undefined;
}
