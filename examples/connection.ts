/** Where the gateway is and who we are, from the environment of whoever runs an example. */
export const endpoint = process.env['HEADGATE_URL'] ?? 'http://127.0.0.1:4000/graphql';
export const headers = { 'x-gateway-key': process.env['HEADGATE_KEY'] ?? '' };
