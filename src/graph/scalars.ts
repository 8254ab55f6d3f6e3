import { GraphQLError, isScalarType, Kind, type GraphQLSchema } from 'graphql';
import { parseCid } from '../values/cid.js';
import { parseDecimal, type Decimal } from '../values/decimal.js';
import { parseInstant, type Instant } from '../values/instant.js';
import { builder } from './builder.js';
import { anyJsonFromLiteral, anyJsonFromVariable, jsonFromLiteral, jsonFromVariable } from './json-input.js';

/** What a scalar throws for input that it cannot take: its code survives validation and coercion alike. */
function refuse(message: string): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', retryable: false } });
}

builder.scalarType('CID', {
  description:
    'An IPFS content identifier, version 0 or 1. Two are equal when codec and multihash are; output ' +
    'keeps the spelling of the pinning service.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value !== 'string' || !parseCid(value)) refuse('not a CID (content identifier, version 0 or 1)');
    return value as string;
  },
});

builder.scalarType('DateTime', {
  description:
    'A point in time, RFC 3339. Output is UTC with `Z` and keeps every digit of the source; input may have any offset.',
  serialize: (value) => (value as Instant).text,
  parseValue: (value) =>
    (typeof value === 'string' ? parseInstant(value) : undefined) ??
    refuse('not a date and time in RFC 3339 form, such as 2025-11-20T09:14:07.512Z'),
});

builder.scalarType('JSON', {
  description:
    'Any JSON, passed on as it is. In output a number that a double does not hold exactly is a string of ' +
    'its digits; in input it is refused: send it as a string.',
  serialize: (value) => value,
  parseValue: anyJsonFromVariable,
  parseLiteral: anyJsonFromLiteral,
});

builder.scalarType('JSONObject', {
  description:
    'A JSON object, passed on as it is. A number that a double does not hold exactly is refused: send it as a string.',
  serialize: (value) => value,
  parseValue: jsonFromVariable,
  parseLiteral: jsonFromLiteral,
});
const MAX_EXACT_DIGITS = 15;

/** A JSON number has been through a float: beyond 15 digits it may not be the number that was meant. */
function exactNumberText(value: number): string {
  const text = String(value);
  if (
    !Number.isFinite(value) ||
    text
      .replace(/e.*$/, '')
      .replace(/[^0-9]/g, '')
      .replace(/^0+/, '').length > MAX_EXACT_DIGITS
  )
    refuse('has more digits than a JSON number can hold exactly; send it as a string');
  return text;
}

function toDecimal(text: string): Decimal {
  return parseDecimal(text) ?? refuse('not a decimal number such as "12.5"');
}

builder.scalarType('Decimal', {
  description:
    'An exact decimal number. Output is a string in its shortest plain form, every digit kept; input is a string or a number.',
  serialize: (value) => value,
  parseValue: (value) =>
    toDecimal(
      typeof value === 'number'
        ? exactNumberText(value)
        : typeof value === 'string'
          ? value
          : refuse('not a decimal number'),
    ),
  parseLiteral: (node) => {
    if (node.kind !== Kind.STRING && node.kind !== Kind.INT && node.kind !== Kind.FLOAT) refuse('not a decimal number');
    return toDecimal((node as { value: string }).value);
  },
});

/** As many digits as a Decimal has room for. */
const DIGITS = /^-?\d{1,100}$/;

builder.scalarType('BigInt', {
  description: 'A whole number of any size: a JSON number while it is safe (up to 2^53 - 1), a string of digits above.',
  serialize: (value) => {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : String(value);
  },
  parseValue: (value) => {
    const text = String(value);
    if ((typeof value !== 'string' && !Number.isSafeInteger(value)) || !DIGITS.test(text)) refuse('not a whole number');
    return text;
  },
});

/** Where each scalar is described; the builder has no place for it. */
const specifications: Readonly<Record<string, string>> = {
  BigInt: 'https://www.rfc-editor.org/rfc/rfc8259#section-6',
  CID: 'https://github.com/multiformats/cid',
  DateTime: 'https://www.rfc-editor.org/rfc/rfc3339',
  Decimal: 'https://www.rfc-editor.org/rfc/rfc8259#section-6',
  JSON: 'https://www.rfc-editor.org/rfc/rfc8259',
  JSONObject: 'https://www.rfc-editor.org/rfc/rfc8259#section-4',
};

/** The schema with a description of its own, of the rights of its root fields and of where its scalars are specified. */
export function specified(schema: GraphQLSchema): GraphQLSchema {
  schema.description =
    'One graph over the Pi Platform, MyPit, IPFS pinning services and BitMinter. A field names the right ' +
    '(scope) that it needs; null with an error at its path means that it could not be told, null without ' +
    'one that there is none.';
  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const field of Object.values(root?.getFields() ?? {})) {
      const { rights } = field.extensions;
      if (typeof rights === 'string') field.description = `${field.description ?? ''} Rights: ${rights}.`.trimStart();
    }
  }
  for (const [name, url] of Object.entries(specifications)) {
    const scalar = schema.getType(name);
    if (isScalarType(scalar)) scalar.specifiedByURL = url;
  }
  return schema;
}
