/** Names by which one machine calls itself. */
const OWN = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether a request may be answered that was sent to this `Host`. With a list, only to its names: a page of the internet can
 * point its own name at this machine and read what is answered there. Without one, to any.
 */
export function hostCheck(hosts: readonly string[] | undefined): (host: string) => boolean {
  if (hosts === undefined) return () => true;
  const known = new Set([...OWN, ...hosts.map((host) => (host.includes(':') ? `[${host}]` : host).toLowerCase())]);
  return (host) => known.has(host.toLowerCase().replace(/:\d*$/, ''));
}
