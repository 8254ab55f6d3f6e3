/** Connections that stay, WebSockets and event streams, that one address may have. */
export const SOCKETS_PER_ADDRESS = 2_000;
export const NO_PLACE = 'There are too many open connections from this address. Close one first.';
