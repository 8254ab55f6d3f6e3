import type { SandboxClock } from '../part.js';
import { Refusal, route } from '../routes.js';
import type { Service } from '../server.js';
import { openAccount, type MyPitPlan } from './account.js';
import { badgeRoutes } from './badges.js';
import { holderRoutes } from './holders.js';
import { subjectOf } from './subject.js';
import { templateRoutes } from './templates.js';

/** The OPEN API of MyPit for one account that lives in memory: strict about arguments, and with two dialects of paging. */
export function createMyPitService(plan: MyPitPlan, clock: SandboxClock): Service {
  const account = openAccount(plan, clock);
  return {
    guard({ headers }) {
      const { clientid, secretkey } = headers;
      if (clientid === undefined || secretkey === undefined)
        throw new Refusal(400, 'credentials', 'clientId and secretKey are required');
      if (clientid !== plan.clientId || secretkey !== plan.secretKey)
        throw new Refusal(401, 'credentials', 'clientId or secretKey is not valid');
    },
    refuse({ status, headers, reason, details }) {
      // The server's own word for paths and methods that nobody serves.
      if (reason === 'NOT_FOUND' || reason === 'METHOD_NOT_ALLOWED')
        return { status: 404, text: 'No matching routes found' };
      return {
        status,
        headers,
        json: reason === 'InvalidCursor' ? { code: reason, message: details } : { error: details, status },
      };
    },
    missing: () => new Refusal(404, 'not_found', 'not found'),
    subjectOf: (request) => subjectOf(account, request),
    routes: [
      route('GET', '/hello', () => ({ json: { message: 'Hello, from MyPit!' } })),
      ...templateRoutes(account),
      ...holderRoutes(account),
      ...badgeRoutes(account),
    ],
  };
}
