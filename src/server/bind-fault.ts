/** What is wrong with the host, whatever the port. */
const OF_THE_HOST: ReadonlyMap<string, string> = new Map([
  ['EADDRNOTAVAIL', 'is no address of this machine'],
  ['ENOTFOUND', 'is no name that this machine knows'],
  ['EAI_AGAIN', 'is a name that could not be looked up'],
  ['EINVAL', 'cannot be listened on'],
]);

/** Why a port cannot be listened on, in one line that names the setting to change. `setting` is that of the port. */
export function bindFault(code: string | undefined, host: string, port: number, setting: string): string {
  const ofHost = OF_THE_HOST.get(code ?? '');
  if (ofHost !== undefined) return `HOST: ${host} ${ofHost} (${code}).`;
  if (code === 'EADDRINUSE') return `Port ${port} on ${host} is already in use; set ${setting} to a free one.`;
  if (code === 'EACCES') return `Not allowed to listen on port ${port} of ${host}; set ${setting} to one above 1023.`;
  return `Cannot listen on port ${port} of ${host} (${code ?? 'unknown reason'}); see ${setting}.`;
}
