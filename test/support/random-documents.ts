import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
  type GraphQLArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLSchema,
} from 'graphql';

/** Choices read from bytes: the same bytes make the same document, and fewer and smaller bytes a simpler one. */
export class Choices {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  below(count: number): number {
    const byte = this.bytes[this.#at] ?? 0;
    this.#at += 1;
    return count <= 1 ? 0 : byte % count;
  }

  /** True in so many of a hundred cases; never once the bytes are used up. */
  chance(percent: number): boolean {
    const byte = this.bytes[this.#at] ?? 255;
    this.#at += 1;
    return byte < (percent * 256) / 100;
  }

  one<T>(list: readonly T[]): T {
    const chosen = list[this.below(list.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  }
}

export interface RandomDocument {
  readonly text: string;
  readonly variables: Record<string, unknown>;
}

/** Names that mean something to every JavaScript object. */
const ODD_NAMES = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', 'isPrototypeOf', '__proto__'];
const DEEPEST = 4;
const texts: Readonly<Record<string, readonly string[]>> = {
  CID: ['bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy'],
  DateTime: ['2026-01-02T03:04:05.000Z'],
  Decimal: ['1.5'],
  BigInt: ['12345678901234567890'],
};
const ANY_TEXTS = ['', 'a', 'b "quoted"', '1', 'constructor'];

interface Declared {
  readonly name: string;
  readonly type: string;
  readonly written: string | null;
}

/** Writes one query that fits the schema, and values for its variables, some of which may be wrong. */
export function randomDocument(schema: GraphQLSchema, bytes: Uint8Array): RandomDocument {
  return new Writer(schema, new Choices(bytes)).document();
}

class Writer {
  readonly #variables: Record<string, unknown> = {};
  readonly #declared: Declared[] = [];
  readonly #fragments: string[] = [];
  readonly #plain: boolean;
  #names = 0;

  constructor(
    private readonly schema: GraphQLSchema,
    private readonly choices: Choices,
  ) {
    // Most are such as may be compiled: no directive, no abstract type, values in variables.
    this.#plain = !choices.chance(30);
  }

  document(): RandomDocument {
    const root = this.schema.getQueryType();
    if (!root) throw new Error('no queries');
    const selection = this.#selection(root, 0);
    const declared = this.#declared.map(({ name, type, written }) => `$${name}: ${type}${written ?? ''}`);
    const head = `query ${this.choices.chance(50) ? 'Q' : ''}${declared.length > 0 ? `(${declared.join(', ')})` : ''}`;
    return { text: [`${head} ${selection}`, ...this.#fragments].join('\n'), variables: this.#variables };
  }

  #selection(type: GraphQLCompositeType, depth: number): string {
    const fields = 'getFields' in type ? Object.values(type.getFields()) : [];
    const usable = fields.filter((field) => this.#fits(field, depth));
    const parts: string[] = [];
    const seen = new Set<string>();
    const wanted = 1 + this.choices.below(depth === 0 ? 2 : 4);
    for (let count = 0; count < wanted && usable.length > 0; count += 1) {
      const field = this.choices.one(usable);
      const part = this.#field(field, depth, !seen.has(field.name));
      seen.add(field.name);
      parts.push(part);
    }
    if (this.choices.chance(15) || parts.length === 0) parts.push('__typename');
    if (!this.#plain && isAbstractType(type) && depth < DEEPEST) {
      const possible = this.choices.one(this.schema.getPossibleTypes(type));
      parts.push(`... on ${possible.name}${this.#directive()} ${this.#selection(possible, depth + 1)}`);
    }
    if (this.choices.chance(15)) return this.#spread(type, parts);
    return `{ ${parts.join(' ')} }`;
  }

  #spread(type: GraphQLCompositeType, parts: readonly string[]): string {
    if (this.choices.chance(50))
      return `{ ...${isObjectType(type) ? ` on ${type.name}` : ''}${this.#directive()} { ${parts.join(' ')} } }`;
    const name = `F${(this.#names += 1)}`;
    this.#fragments.push(`fragment ${name} on ${type.name} { ${parts.join(' ')} }`);
    return `{ ...${name}${this.#directive()} ...${name} }`;
  }

  #fits(field: GraphQLField<unknown, unknown>, depth: number): boolean {
    const type = getNamedType(field.type);
    if (this.#plain && isAbstractType(type)) return false;
    return !isCompositeType(type) || depth < DEEPEST - 1;
  }

  #field(field: GraphQLField<unknown, unknown>, depth: number, first: boolean): string {
    const type = getNamedType(field.type);
    const alias = first && !this.choices.chance(25) ? '' : `${this.#alias()}: `;
    const args = field.args.flatMap((arg) => this.#argument(arg));
    const written = args.length > 0 ? `(${args.join(', ')})` : '';
    const below = isCompositeType(type) ? ` ${this.#selection(type, depth + 1)}` : '';
    return `${alias}${field.name}${written}${this.#directive()}${below}`;
  }

  #alias(): string {
    return this.choices.chance(6) ? this.choices.one(ODD_NAMES) : `a${(this.#names += 1)}`;
  }

  #directive(): string {
    if (this.#plain || !this.choices.chance(20)) return '';
    const which = this.choices.one(['skip', 'include']);
    const condition = this.choices.chance(50)
      ? this.choices.one(['true', 'false'])
      : this.#variable('Boolean!', this.choices.chance(50), null);
    return ` @${which}(if: ${condition})`;
  }

  #argument(arg: GraphQLArgument): string[] {
    const required = isNonNullType(arg.type) && arg.defaultValue === undefined;
    if (!required && this.choices.chance(50)) return [];
    return [`${arg.name}: ${this.#value(arg.type, arg.defaultValue !== undefined)}`];
  }

  /** A literal, or a variable of a type that may stand there. */
  #value(type: GraphQLInputType, hasDefault: boolean): string {
    if (!this.choices.chance(60)) {
      const literal = this.#sample(type, 0);
      const written = this.#write(literal, type);
      if (!this.#plain || !/["{.]/.test(written)) return written;
    }
    const nullable = isNonNullType(type) ? type.ofType : type;
    const given = this.#sample(type, 0);
    const written = this.choices.chance(30) ? this.#sample(nullable, 0) : undefined;
    // A nullable variable may stand where null may not, when there is a default to stand in for it.
    const mustNotBeNull = isNonNullType(type) && !(hasDefault && this.choices.chance(50)) && written == null;
    const strict = mustNotBeNull || this.choices.chance(20);
    const declaredDefault =
      written === undefined || (strict && written === null) ? null : this.#write(written, nullable);
    return this.#variable(`${String(nullable)}${strict ? '!' : ''}`, given, declaredDefault);
  }

  #variable(type: string, given: unknown, written: string | null): string {
    const odd = this.choices.chance(6);
    const name = odd ? this.choices.one(ODD_NAMES) : `v${(this.#names += 1)}`;
    if (this.#declared.some((one) => one.name === name)) return this.#variable(type, given, written);
    this.#declared.push({ name, type, written: written === null ? null : ` = ${written}` });
    const value = this.choices.chance(8) ? this.choices.one(['wrong', -1, 1e300, true, [[]], { x: 1 }]) : given;
    const absent = (written !== null || !type.endsWith('!')) && this.choices.chance(40);
    const isNull = !type.endsWith('!') && this.choices.chance(15);
    if (!absent) Object.defineProperty(this.#variables, name, { value: isNull ? null : value, enumerable: true });
    return `$${name}`;
  }

  /** A value that fits, as it would stand in the variables. */
  #sample(type: GraphQLInputType, depth: number): unknown {
    if (!isNonNullType(type) && this.choices.chance(10)) return null;
    const inner = getNullableType(type);
    if (isListType(inner)) {
      if (this.choices.chance(20)) return this.#sample(inner.ofType, depth + 1); // One value counts as a list of one.
      return Array.from({ length: this.choices.below(3) }, () => this.#sample(inner.ofType, depth + 1));
    }
    if (isEnumType(inner)) return this.choices.one(inner.getValues()).name;
    if (isInputObjectType(inner)) {
      const fields = Object.values(inner.getFields()).filter(
        (field) =>
          (isNonNullType(field.type) && field.defaultValue === undefined) || (depth < 2 && this.choices.chance(40)),
      );
      return Object.fromEntries(fields.map((field) => [field.name, this.#sample(field.type, depth + 1)]));
    }
    return this.#scalar(inner.toString());
  }

  #scalar(name: string): unknown {
    if (name === 'Int') return this.choices.one([1, 0, 20, -1, 2 ** 31 - 1]);
    if (name === 'Float') return this.choices.one([1.5, 0, -2, 1e10]);
    if (name === 'Boolean') return this.choices.chance(50);
    if (name === 'ID') return this.choices.chance(30) ? this.choices.below(50) : this.choices.one(ANY_TEXTS);
    if (name.startsWith('JSON')) return this.choices.one<object>([{ a: 1 }, { toString: [null, 'x'] }, {}]);
    return this.choices.one(texts[name] ?? ANY_TEXTS);
  }

  #write(value: unknown, type: GraphQLInputType): string {
    if (value === null || value === undefined) return 'null';
    const inner = getNullableType(type);
    if (isListType(inner))
      return Array.isArray(value)
        ? `[${value.map((item: unknown) => this.#write(item, inner.ofType)).join(', ')}]`
        : this.#write(value, inner.ofType);
    if (isEnumType(inner) && typeof value === 'string') return value;
    if (isInputObjectType(inner)) {
      const fields = inner.getFields();
      return `{ ${Object.entries(value)
        .flatMap(([name, one]) => (fields[name] ? [`${name}: ${this.#write(one, fields[name].type)}`] : []))
        .join(', ')} }`;
    }
    return writeAny(value);
  }
}

function writeAny(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(writeAny).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${writeAny(one)}`)
    .join(', ')} }`;
}
