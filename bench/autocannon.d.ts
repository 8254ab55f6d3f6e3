/** What the load uses of autocannon, which brings no types. */
declare module 'autocannon' {
  interface Client {
    setRequests(requests: readonly { readonly body: string }[]): void;
  }
  interface Options {
    readonly url: string;
    readonly method: 'GET' | 'POST';
    readonly headers: Readonly<Record<string, string>>;
    readonly connections: number;
    /** Seconds. */
    readonly duration: number;
    /** Seconds without an answer after which a connection is given up. */
    readonly timeout: number;
    /** How often it looks whether its time is over, in milliseconds. */
    readonly sampleInt: number;
    readonly requests: readonly { readonly body: string }[];
    readonly setupClient: (client: Client) => void;
    readonly verifyBody: (body: string) => boolean;
  }
  interface Result {
    readonly errors: number;
    readonly mismatches: number;
    readonly non2xx: number;
  }
  interface Run extends PromiseLike<Result> {
    on(event: 'response', heard: (client: Client, status: number, bytes: number, ms: number) => void): Run;
  }
  export default function autocannon(options: Options): Run;
}
