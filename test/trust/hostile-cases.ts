import { gzipSync } from 'node:zlib';

/** One request that nobody means well with, as it goes over the wire. */
export interface HostileCase {
  readonly name: string;
  readonly bytes: string | Buffer;
}

type Head = Readonly<Record<string, string>>;
const HOST = 'host: gateway.test';
const JSON_HEAD: Head = { 'content-type': 'application/json', accept: 'application/json' };

function http(line: string, headers: readonly string[], body: string | Buffer = ''): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  return Buffer.concat([Buffer.from(`${[line, HOST, ...headers].join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}

function post(body: string | Buffer, head: Head = JSON_HEAD): Buffer {
  const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  return http(
    'POST /graphql HTTP/1.1',
    [...Object.entries(head).map(([name, value]) => `${name}: ${value}`), `content-length: ${length}`],
    body,
  );
}

const graph = (query: unknown, more: object = {}): Buffer => post(JSON.stringify({ query, ...more }));
const get = (target: string, headers: readonly string[] = ['accept: application/json']): Buffer =>
  http(`GET ${target} HTTP/1.1`, headers);
const named = (prefix: string, cases: Readonly<Record<string, string | Buffer>>): HostileCase[] =>
  Object.entries(cases).map(([name, bytes]) => ({ name: `${prefix}: ${name}`, bytes }));
const times = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const nasty: Readonly<Record<string, unknown>> = {
  null: null,
  true: true,
  zero: 0,
  'negative zero': -0,
  'huge int': 2 ** 53,
  fraction: 1.5,
  'empty text': '',
  'empty list': [],
  'empty object': {},
  nul: '\0',
  controls: '\u0001\u001b[31m\r\nset-cookie: a=b',
  'lone surrogate': '\ud800',
  'right to left': '\u202e\u202d',
  'long text': 'x'.repeat(100_000),
  'deep list': JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`),
  'list of lists': [[['a']]],
  'own proto': JSON.parse('{"__proto__":{"polluted":1}}'),
  constructor: { constructor: { prototype: { polluted: 1 } } },
  'to json': { toJSON: 'x', toString: 'x', valueOf: 'x' },
  'a path': '../../etc/passwd',
  'a url': 'http://127.0.0.1:1/',
};

const bodies = named('body', {
  empty: post(''),
  space: post('   '),
  'not json': post('query { me }'),
  'half json': post('{"query":"{ __typename }"'),
  'two documents': post('{"query":"{a}"}{"query":"{b}"}'),
  'trailing comma': post('{"query":"{ __typename }",}'),
  'single quotes': post("{'query':'{ __typename }'}"),
  comment: post('{/**/"query":"{ __typename }"}'),
  'a list': post('[]'),
  'a batch': post('[{"query":"{ __typename }"},{"query":"{ __typename }"}]'),
  'a big batch': post(`[${Array.from({ length: 2_000 }, () => '{"query":"{ __typename }"}').join()}]`),
  null: post('null'),
  true: post('true'),
  number: post('1e999'),
  text: post('"{ __typename }"'),
  NaN: post('{"query":NaN}'),
  infinity: post('{"query":"{ __typename }","variables":{"a":Infinity}}'),
  'without a query': post('{}'),
  'null query': post('{"query":null}'),
  'number query': post('{"query":1}'),
  'list query': post('{"query":["{ __typename }"]}'),
  'object query': post('{"query":{"kind":"Document"}}'),
  'text variables': post('{"query":"{ __typename }","variables":"{}"}'),
  'list variables': post('{"query":"{ __typename }","variables":[]}'),
  'number variables': post('{"query":"{ __typename }","variables":1}'),
  'list extensions': post('{"query":"{ __typename }","extensions":[]}'),
  'persisted query': post('{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}'),
  'text extensions': post('{"query":"{ __typename }","extensions":"x"}'),
  'list operation name': post('{"query":"{ __typename }","operationName":[]}'),
  'object operation name': post('{"query":"{ __typename }","operationName":{}}'),
  'strange operation name': post('{"query":"{ __typename }","operationName":"__proto__"}'),
  'unknown operation name': graph('query A { __typename }', { operationName: 'B' }),
  'two operations': graph('query A { __typename } query B { __typename }'),
  'proto operation': graph('query __proto__ { __typename }', { operationName: '__proto__' }),
  'duplicate keys': post('{"query":"{ me { uid } }","query":"{ __typename }"}'),
  'duplicate deep keys': post(
    '{"query":"query ($f: PinFilter) { pins(filter: $f) { nodes { id } } }","variables":{"f":{"name":"a","name":{}}}}',
  ),
  'own proto key': post('{"__proto__":{"query":"{ __typename }"}}'),
  'own proto beside': post('{"query":"{ __typename }","__proto__":{"operationName":"x"}}'),
  constructor: post('{"constructor":{"prototype":{"query":"{ __typename }"}}}'),
  'deep lists': post(`{"query":"{ __typename }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`),
  'deep objects': post(`{"query":"{ __typename }","variables":${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}}`),
  'unclosed lists': post('['.repeat(200_000)),
  'many keys': post(
    `{"query":"{ __typename }","variables":{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":1`).join()}}}`,
  ),
  'colliding numbers': post(
    `{"query":"{ __typename }","variables":{${Array.from({ length: 20_000 }, (_, index) => `"${index * 65_536}":1`).join()}}}`,
  ),
  'huge number': post(`{"query":"{ __typename }","variables":{"a":${'9'.repeat(100_000)}}}`),
  'above the cap': post(`{"query":"${'#'.repeat(300_000)}"}`),
  'far above the cap': post(Buffer.alloc(3_000_000, 0x20)),
  'a promised gigabyte': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'content-length: 1073741824'],
    '{',
  ),
  'invalid utf-8': post(Buffer.from([0x7b, 0x22, 0x71, 0x22, 0x3a, 0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22, 0x7d])),
  'utf-8 in a query': post(
    Buffer.concat([Buffer.from('{"query":"{ __typename #'), Buffer.from([0xf0, 0x28, 0x8c, 0x28]), Buffer.from('"}')]),
  ),
  'byte order mark': post(Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"query":"{ __typename }"}')])),
  'utf-16': post(Buffer.from('{"query":"{ __typename }"}', 'utf16le')),
  'nul bytes': post(Buffer.alloc(1_000)),
});

const types = named(
  'media type',
  Object.fromEntries(
    [
      'text/plain',
      'text/plain; x=application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'multipart/form-data',
      'application/graphql',
      'application/xml',
      'application/octet-stream',
      'application/jsonp',
      'application/json; charset=utf-16',
      'application/json; charset=utf-7',
      'application/json; charset=ibm037',
      'application/json; charset=iso-8859-1',
      'application/json; charset="utf-8',
      'application/json; charset=\u00e4',
      'application/json;charset=utf-8;charset=utf-16',
      'application/json, text/plain',
      '*/*',
      'application/json;'.repeat(200),
      '__proto__',
      'application/vnd.api+json',
      ' ',
      ',',
      ';',
    ].map((type) => [type.slice(0, 60), post('{"query":"{ __typename }"}', { ...JSON_HEAD, 'content-type': type })]),
  ),
);

const encodings = named('encoding', {
  gzip: post(gzipSync('{"query":"{ __typename }"}'), { ...JSON_HEAD, 'content-encoding': 'gzip' }),
  'a gzip bomb': post(gzipSync(Buffer.alloc(20_000_000)), { ...JSON_HEAD, 'content-encoding': 'gzip' }),
  deflate: post('x', { ...JSON_HEAD, 'content-encoding': 'deflate' }),
  br: post('x', { ...JSON_HEAD, 'content-encoding': 'br' }),
  'a chain': post('x', { ...JSON_HEAD, 'content-encoding': 'gzip, '.repeat(100) }),
  unknown: post('x', { ...JSON_HEAD, 'content-encoding': '__proto__' }),
  'two lengths': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'content-length: 5', 'content-length: 6'],
    '{"a":1',
  ),
  'length and chunks': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'content-length: 5', 'transfer-encoding: chunked'],
    '0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
  ),
  'bad chunk': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'transfer-encoding: chunked'],
    'zz\r\n{}\r\n0\r\n\r\n',
  ),
  'huge chunk': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'transfer-encoding: chunked'],
    'FFFFFFFFFFFFFFFF\r\n{}',
  ),
  'tiny chunks': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'transfer-encoding: chunked'],
    `${'1\r\n \r\n'.repeat(20_000)}0\r\n\r\n`,
  ),
  'negative length': http('POST /graphql HTTP/1.1', ['content-type: application/json', 'content-length: -1'], '{}'),
  'chunk extensions': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'transfer-encoding: chunked'],
    `2;${'a=b;'.repeat(10_000)}\r\n{}\r\n0\r\n\r\n`,
  ),
  'odd transfer': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'transfer-encoding: xchunked'],
    '{}',
  ),
  'expects much': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/json', 'expect: 200-ok', 'content-length: 2'],
    '{}',
  ),
});

const lines = named('request line', {
  garbage: '\0\x01\x02\x03\r\n\r\n',
  'tls hello': Buffer.from('16030100f1010000ed0303', 'hex'),
  http2: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'no version': 'GET /graphql\r\n\r\n',
  'odd version': 'GET /graphql HTTP/9.9\r\n\r\n',
  'odd method': http('BREW /graphql HTTP/1.1', []),
  'long target': get(`/graphql?query=${'x'.repeat(20_000)}`),
  absolute: http('GET http://elsewhere.test/graphql HTTP/1.1', []),
  'double slash': get('//evil.test/graphql'),
  backslashes: get('/\\graphql'),
  dots: get('/a/../graphql?query={__typename}'),
  encoded: get('/%2e%2e/graphql'),
  'bad percent': get('/%zz'),
  nul: get('/graphql%00'),
  asterisk: http('OPTIONS * HTTP/1.1', []),
  connect: http('CONNECT evil.test:443 HTTP/1.1', []),
  trace: http('TRACE /graphql HTTP/1.1', []),
  put: http('PUT /graphql HTTP/1.1', ['content-type: application/json', 'content-length: 2'], '{}'),
  delete: http('DELETE /graphql HTTP/1.1', []),
  patch: http('PATCH /graphql HTTP/1.1', ['content-length: 0']),
  head: http('HEAD /nowhere HTTP/1.1', ['connection: close']),
  'no host': 'GET /graphql HTTP/1.1\r\n\r\n',
  'odd host': 'GET /graphql HTTP/1.1\r\nhost: a b\r\n\r\n',
  'host with user': 'GET /graphql HTTP/1.1\r\nhost: a@b\r\n\r\n',
  'two hosts': 'GET /graphql HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n',
  'host of brackets': 'GET /graphql HTTP/1.1\r\nhost: [::\r\n\r\n',
  'huge port': 'GET /graphql HTTP/1.1\r\nhost: a:99999999\r\n\r\n',
  'host of colons':
    'POST /graphql HTTP/1.1\r\nhost: :::\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
  'only dots': 'GET /graphql HTTP/1.1\r\nhost: ...\r\n\r\n',
});

const headers = named('headers', {
  flood: http(
    'GET /graphql HTTP/1.1',
    Array.from({ length: 3_000 }, (_, index) => `x-${index}: 1`),
  ),
  'a long one': http('GET /graphql HTTP/1.1', [`x-long: ${'x'.repeat(30_000)}`]),
  'a long name': http('GET /graphql HTTP/1.1', [`${'x'.repeat(30_000)}: 1`]),
  'control characters': http(
    'POST /graphql HTTP/1.1',
    ['x-pinning-token: a\x01b', 'content-type: application/json', 'content-length: 2'],
    '{}',
  ),
  'no colon': http('GET /graphql HTTP/1.1', ['nonsense']),
  'space before colon': http('GET /graphql HTTP/1.1', ['accept : x']),
  folded: http('GET /graphql HTTP/1.1', ['accept: a\r\n b']),
  'latin-1 token': post('{"query":"{ pins { nodes { id } } }"}', { ...JSON_HEAD, 'x-pinning-token': '\u00e4\u00f6' }),
  'long token': post('{"query":"{ pins { nodes { id } } }"}', { ...JSON_HEAD, 'x-pinning-token': 'x'.repeat(9_000) }),
  'empty token': post('{"query":"{ pins { nodes { id } } }"}', { ...JSON_HEAD, 'x-pinning-token': '' }),
  'two tokens': post('{"query":"{ pins { nodes { id } } }"}', { ...JSON_HEAD, 'x-pinning-token': 'a, b' }),
  'odd scheme': post('{"query":"{ me { uid } }"}', { ...JSON_HEAD, authorization: 'Basic YTpi' }),
  'bare bearer': post('{"query":"{ me { uid } }"}', { ...JSON_HEAD, authorization: 'Bearer' }),
  'proto header': post('{"query":"{ __typename }"}', { ...JSON_HEAD, __proto__x: '1', constructor: '1' }),
  'odd request id': post('{"query":"{ __typename }"}', { ...JSON_HEAD, 'x-request-id': '<script>'.repeat(50) }),
  'odd accept': post('{"query":"{ __typename }"}', { ...JSON_HEAD, accept: 'text/html;q=NaN, '.repeat(500) }),
  'unknown accept': post('{"query":"{ __typename }"}', { ...JSON_HEAD, accept: 'image/png' }),
  'odd traceparent': post('{"query":"{ __typename }"}', { ...JSON_HEAD, traceparent: '00-zz-zz-zz' }),
  'range flood': http('GET /health/live HTTP/1.1', [`range: bytes=${'0-,'.repeat(3_000)}`]),
  'cookie flood': http('GET /health/live HTTP/1.1', [`cookie: ${'a=b; '.repeat(2_500)}`]),
  'foreign origin': post('{"query":"{ __typename }"}', { ...JSON_HEAD, origin: 'https://evil.test' }),
  preflight: http('OPTIONS /graphql HTTP/1.1', [
    'origin: https://evil.test',
    'access-control-request-method: POST',
    'access-control-request-headers: x-gateway-key',
  ]),
});

const gets = named('get', {
  mutation: get('/graphql?query=mutation%7BremovePin(input%3A%7BrequestId%3A%22a%22%7D)%7B__typename%7D%7D'),
  'plain get': get('/graphql?query={me{uid}}', ['accept: */*']),
  'no query': get('/graphql'),
  'bad variables': get('/graphql?query={__typename}&variables={'),
  'list variables': get('/graphql?query={__typename}&variables=[1]'),
  'repeated query': get('/graphql?query={__typename}&query={me{uid}}'),
  'proto parameter': get('/graphql?__proto__[query]={__typename}'),
  subscription: get('/graphql?query=subscription{pinStatus(requestId:%22a%22){status}}'),
  'bad events': get('/graphql?query=subscription{nope}', ['accept: text/event-stream']),
  'denied events': get('/graphql?query=subscription{pinStatus(requestId:%22a%22){status}}', [
    'accept: text/event-stream',
  ]),
  'mutation as events': get(
    '/graphql?query=mutation%7BremovePin(input%3A%7BrequestId%3A%22a%22%7D)%7B__typename%7D%7D',
    ['accept: text/event-stream'],
  ),
  'many parameters': get(`/graphql?${'a=1&'.repeat(3_000)}query={__typename}`),
  'bad plus': get('/graphql?query=%E0%A4%A'),
  'a form': http(
    'POST /graphql HTTP/1.1',
    ['content-type: application/x-www-form-urlencoded', 'content-length: 20'],
    'query={__typename}&a',
  ),
  'multipart upload': post(
    '--x\r\ncontent-disposition: form-data; name="operations"\r\n\r\n{"query":"{ __typename ' +
      '}"}\r\n--x\r\ncontent-disposition: form-data; name="map"\r\n\r\n{"0":["__proto__.a"]}\r\n--x--',
    { 'content-type': 'multipart/form-data; boundary=x' },
  ),
});

const nest = (depth: number): string =>
  `${'{ node(id: "x") { ... on User { holder '.repeat(depth)}{ id }${' } } }'.repeat(depth)}`;
const documents = named('document', {
  empty: graph(''),
  blank: graph(' \n,,,'),
  comment: graph(`#${'x'.repeat(200_000)}`),
  brackets: graph('{'.repeat(5_000)),
  'deep selection': graph(`${'{a'.repeat(3_000)}${'}'.repeat(3_000)}`),
  'deep lists': graph(`{ pins(filter: ${'['.repeat(20_000)}`),
  'deep objects': graph(`{ pins(filter: ${'{a:'.repeat(300)}1${'}'.repeat(300)}) { nodes { id } } }`),
  'deep types': graph(`query ($a: ${'['.repeat(700)}Int${']'.repeat(700)}) { __typename }`),
  'depth bomb': graph(`query ${nest(9)}`),
  'ten thousand aliases': graph(`{ ${times(10_000, (index) => `a${index}: __typename`)} }`),
  'many aliases': graph(`{ ${times(100, (index) => `a${index}: __typename`)} }`),
  'proto alias': graph('{ __proto__: __typename constructor: __typename toString: __typename }'),
  'many fields': graph(`{ ${times(200, () => '__typename')} }`),
  'overlapping fields': graph(`{ pins { nodes { ${times(300, () => 'id')} } } }`),
  'overlapping fragments': graph(
    `{ pins { ...a ...b } } fragment a on PinConnection { ${times(60, () => 'nodes { id }')} } fragment ` +
      `b on PinConnection { ${times(60, () => 'nodes { id }')} }`,
  ),
  'fragment cycle': graph('{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }'),
  'fragment of itself': graph('{ ...a } fragment a on Query { ...a }'),
  'fragment bomb': graph(
    '{ ...f0 } ' +
      `${times(40, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} ` +
      'fragment f40 on Query { __typename }',
  ),
  'wide fragment bomb': graph(
    '{ pins { ...f0 } } ' +
      `${times(20, (index) => `fragment f${index} on PinConnection { ${times(8, () => `...f${index + 1}`)} }`)} ` +
      'fragment f20 on PinConnection { nodes { id } }',
  ),
  'fragment chain': graph(
    `{ ...f0 } ${times(90, (index) => `fragment f${index} on Query { ...f${index + 1} }`)} fragment f90 on Query { __typename }`,
  ),
  'nested inline fragments': graph(`{ ${'... on Query { '.repeat(150)}__typename${' }'.repeat(150)} }`),
  'unknown fragments': graph(`{ ${times(200, (index) => `...x${index}`)} }`),
  'unused fragments': graph(`{ __typename } ${times(90, (index) => `fragment f${index} on Query { __typename }`)}`),
  'fragment named on': graph('{ ...on } fragment on on Query { __typename }'),
  'proto fragment': graph('{ ...__proto__ } fragment __proto__ on Query { __typename }'),
  'constructor fragment': graph('{ ...constructor }'),
  'directive flood': graph(`{ __typename ${times(200, () => '@include(if: true)')} }`),
  'unknown directives': graph(`{ __typename ${times(60, (index) => `@d${index}`)} }`),
  'proto directive': graph('{ __typename @__proto__ @constructor }'),
  'token flood': graph(`{ pins(filter: { cids: [${times(2_000, () => '"a"')}] }) { nodes { id } } }`),
  'long name': graph(`{ ${'a'.repeat(100_000)} }`),
  'long string': graph(`{ pin(requestId: "${'a'.repeat(200_000)}") { id } }`),
  'block string': graph(`{ pin(requestId: """${'\\n '.repeat(50_000)}""") { id } }`),
  'bad escape': graph('{ pin(requestId: "\\u{110000}") { id } }'),
  surrogate: graph('{ pin(requestId: "\\uD800") { id } }'),
  'huge int': graph(`{ pins(first: ${'9'.repeat(1_000)}) { nodes { id } } }`),
  'huge float': graph('{ pins(first: 1e400) { nodes { id } } }'),
  'negative first': graph('{ pins(first: -1) { nodes { id } } }'),
  'first and last': graph('{ pins(first: 1, last: 1) { nodes { id } } }'),
  'huge first': graph('{ pins(first: 2147483647) { nodes { id } } }'),
  'many variables': graph(`query (${times(150, (index) => `$v${index}: Int`)}) { __typename }`),
  'repeated variable': graph(`query (${times(150, () => '$a: Int')}) { __typename }`),
  'unused arguments': graph(`{ pin(${times(150, (index) => `a${index}: 1`)}) { id } }`),
  'proto argument': graph('{ pin(__proto__: "a", constructor: "b") { id } }'),
  'proto input key': graph('{ pins(filter: { __proto__: { name: "x" }, constructor: 1 }) { nodes { id } } }'),
  'type definitions': graph(times(150, (index) => `type T${index} { a: Int }`)),
  'schema definition': graph('schema { query: Query } { __typename }'),
  'subscription by post': graph('subscription { pinStatus(requestId: "a") { status } }'),
  'two subscriptions': graph(
    'subscription { pinStatus(requestId: "a") { status } b: pinStatus(requestId: "b") { status } }',
  ),
  'introspecting subscription': graph('subscription { __typename }'),
  'deep introspection': graph(`{ __schema { types ${'{ fields { type '.repeat(30)}{ name }${' } }'.repeat(30)} } }`),
  'wide introspection': graph(
    `{ ${times(10, (index) => `a${index}: __schema { types { fields { args { type { ofType { fields { name } } } } } } }`)} }`,
  ),
  'introspection cycle': graph('{ __schema { types { ...f } } } fragment f on __Type { fields { type { ...f } } }'),
  'hidden introspection': graph('{ __schema # __type\n { types { name } } pins { nodes { id } } }'),
  'introspection tokens': graph(`{ ${times(6_000, () => '__typename')} __schema { description } }`),
  'many operations': graph(times(200, (index) => `query Q${index} { __typename }`)),
  'mixed operations': graph('query A { __typename } mutation B { __typename } subscription C { __typename }'),
  'null bytes': graph('{\0}'),
  'odd spaces': graph('{\u00a0__typename\u2028}'),
  emoji: graph('{ \u{1f600} }'),
  'right to left': graph('{ \u202e__typename }'),
  'broken spread': graph('{ ... }'),
  'broken alias': graph('{ a:b:c }'),
  'nullable bang': graph('query ($a: Int!!) { __typename }'),
  deferred: graph('{ pins { ... @defer { nodes { id } } } }'),
  streamed: graph('{ pins { nodes @stream { id } } }'),
  'nodes flood': graph('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
    variables: { ids: Array.from({ length: 10_000 }, () => 'VXNlcjpx') },
  }),
  'cids flood': graph('query ($f: PinFilter) { pins(filter: $f) { nodes { id } } }', {
    variables: { f: { cids: Array.from({ length: 20_000 }, () => 'x') } },
  }),
});

const targets: Readonly<Record<string, string>> = {
  'an id': 'query ($v: ID!) { pin(requestId: $v) { id } }',
  'a number': 'query ($v: Int) { pins(first: $v) { nodes { id } } }',
  'an input': 'query ($v: PinFilter) { pins(filter: $v) { nodes { id } } }',
  'a list': 'query ($v: [ID!]!) { nodes(ids: $v) { id } }',
  'a mutation': 'mutation ($v: AddPinInput!) { addPin(input: $v) { __typename } }',
};
const variables = Object.entries(targets).flatMap(([target, query]) =>
  named(
    `variable as ${target}`,
    Object.fromEntries(Object.entries(nasty).map(([name, v]) => [name, graph(query, { variables: { v } })])),
  ),
);

const deep = (levels: number, open: string, close: string): string => `${open.repeat(levels)}1${close.repeat(levels)}`;
const raw = (query: string, input: string): Buffer =>
  post(`{"query":${JSON.stringify(query)},"variables":{"v":${input}}}`, {
    ...JSON_HEAD,
    'x-gateway-key': 'test-operator-key',
  });
const cid = 'bafkreif4vegoksbxde2qn5wvxiw2g273cz5icdgo7xvoy4abjwaxhypmyu';
const payloads = named(
  'payload',
  Object.fromEntries(
    Object.entries({
      'deep lists': `{"a":${deep(100_000, '[', ']')}}`,
      'deep objects': deep(40_000, '{"a":', '}'),
      'many keys': `{${Array.from({ length: 20_000 }, (_, index) => `"k${index}":""`).join()}}`,
      'own proto': '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      'a list': '[]',
      'huge number': `{"a":${'9'.repeat(100_000)}}`,
      'long text': `{"a":"${'x'.repeat(200_000)}"}`,
      'lone surrogate': '{"a":"\\ud800"}',
      'the marker': '{"gw_idem":"x"}',
    }).flatMap(([name, json]) => [
      [
        `meta: ${name}`,
        raw(
          'mutation ($v: AddPinInput!) { addPin(input: $v) { __typename ... on UserError { code message } } }',
          `{"cid":"${cid}","meta":${json}}`,
        ),
      ],
      [`filter: ${name}`, raw('query ($v: PinFilter) { pins(filter: $v) { nodes { id } } }', `{"meta":${json}}`)],
      [
        `metadata: ${name}`,
        raw(
          'mutation ($v: CreatePaymentInput!) { createPayment(input: $v) { __typename ... on UserError { code message } } }',
          `{"userUid":"u","amount":"1","memo":"m","idempotencyKey":"k-${name}","metadata":${json}}`,
        ),
      ],
    ]),
  ),
).concat(
  named('list', {
    'good CIDs': raw(
      'query ($v: PinFilter) { pins(filter: $v) { nodes { id } } }',
      `{"cids":[${Array.from({ length: 4_000 }, () => `"${cid}"`).join()}]}`,
    ),
    origins: raw(
      'mutation ($v: AddPinInput!) { addPin(input: $v) { __typename } }',
      `{"cid":"${cid}","origins":[${Array.from({ length: 30_000 }, (_, index) => `"${index}"`).join()}]}`,
    ),
    'long decimal': raw(
      'mutation ($v: CreatePaymentInput!) { createPayment(input: $v) { __typename } }',
      `{"userUid":"u","amount":"${'9'.repeat(200_000)}","memo":"m","idempotencyKey":"k"}`,
    ),
    'huge exponent': raw(
      'mutation ($v: CreatePaymentInput!) { createPayment(input: $v) { __typename } }',
      '{"userUid":"u","amount":1e308,"memo":"m","idempotencyKey":"k"}',
    ),
    'huge exponent as text': raw(
      'mutation ($v: CreatePaymentInput!) { createPayment(input: $v) { __typename } }',
      '{"userUid":"u","amount":"1e999999999","memo":"m","idempotencyKey":"k"}',
    ),
  }),
);

/** More than two hundred requests, none of which may do any harm. */
export const hostileCases: readonly HostileCase[] = [
  ...bodies,
  ...types,
  ...encodings,
  ...lines,
  ...headers,
  ...gets,
  ...documents,
  ...variables,
  ...payloads,
];
