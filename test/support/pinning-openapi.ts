import { fileURLToPath } from 'node:url';
import { OpenAPIBackend, OpenAPIValidator, type Document } from 'openapi-backend';

/** Where the published description of the pinning API lies: a test dependency ships it. */
const DOCUMENT = fileURLToPath(
  new URL('../../node_modules/mock-ipfs-pinning-service/api/oas-doc.yaml', import.meta.url),
);
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
/** The document names no operations. */
const OPERATIONS = [
  ['get', '/pins', 'getPins'],
  ['post', '/pins', 'addPin'],
  ['get', '/pins/{requestid}', 'getPinByRequestId'],
  ['post', '/pins/{requestid}', 'replacePinByRequestId'],
  ['delete', '/pins/{requestid}', 'deletePinByRequestId'],
] as const;
export type PinningOperation = (typeof OPERATIONS)[number][2];

/** Judges messages by the published description of the pinning API. */
export interface PinningContract {
  /** What is wrong with an answer, `[]` when nothing is. A status or a body that is not described is a fault too. */
  faults(operation: PinningOperation, status: number, body: unknown): string[];
  /** True when a body may be sent to `POST /pins`. */
  acceptsPin(body: unknown): boolean;
}

/** Reads the published description. */
export async function loadPinningContract(): Promise<PinningContract> {
  const backend = new OpenAPIBackend({ definition: DOCUMENT, quick: true });
  await backend.init();
  const definition: Document = structuredClone(backend.definition);
  for (const [method, path, operationId] of OPERATIONS) {
    const operation = definition.paths?.[path]?.[method];
    if (!operation) throw new Error(`${method} ${path} is not described`);
    operation.operationId = operationId;
  }
  const validator = new OpenAPIValidator({
    definition,
    lazyCompileValidators: true,
    customizeAjv: (ajv) =>
      ajv.addFormat('date-time', RFC_3339).addFormat('int32', { type: 'number', validate: Number.isSafeInteger }),
  });
  return {
    faults(operation, status, body) {
      const described = validator.router.getOperation(operation)?.responses ?? {};
      const response = described[status] ?? described[`${Math.trunc(status / 100)}XX`];
      if (!response) return [`${status} is not described`];
      const hasBody = 'content' in response && response.content !== undefined;
      if (!hasBody) return body === undefined ? [] : ['a body is not described'];
      const result = validator.validateResponse(body, operation, status);
      return (result.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
    },
    acceptsPin: (body) =>
      validator.validateRequest(
        { method: 'POST', path: '/pins', headers: { 'content-type': 'application/json' }, body },
        'addPin',
      ).valid,
  };
}
