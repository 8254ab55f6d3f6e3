import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'rolldown';

/** The folder of a module's package; the last `node_modules` counts, where packages lie within packages. */
const PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;
const LICENCE = /^(licen[cs]e|copying|notice)\b/i;

/** Libraries that are shipped bring their licences along: those that are bundled, and `beside` with all that they need. */
export const licences = (beside: readonly string[]): Plugin => ({
  name: 'licences',
  generateBundle(_options, bundle) {
    const modules = Object.values(bundle).flatMap((part) => (part.type === 'chunk' ? part.moduleIds : []));
    const bundled = modules.flatMap((id) => PACKAGE.exec(id)?.[0] ?? []);
    const homes = new Set([...bundled, ...beside.flatMap((name) => familyOf(name))]);
    this.emitFile({
      type: 'asset',
      fileName: 'THIRD-PARTY-LICENSES.txt',
      source: [...homes].toSorted().map(licenceOf).join('\n'),
    });
  },
});

/** The folders of a package and of all that it needs, as far as they are installed here. */
export function familyOf(name: string, known = new Set<string>()): readonly string[] {
  const home = join('node_modules', name);
  if (known.has(home) || !existsSync(home)) return [...known];
  known.add(home);
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
    readFileSync(join(home, 'package.json'), 'utf8'),
  ) as Readonly<Record<'dependencies' | 'optionalDependencies', Record<string, string> | undefined>>;
  for (const other of Object.keys({ ...dependencies, ...optionalDependencies })) familyOf(other, known);
  return [...known];
}

function licenceOf(home: string): string {
  const {
    name,
    version,
    license = 'unknown',
  } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const texts = readdirSync(home)
    .filter((file) => LICENCE.test(file))
    .map((file) => readFileSync(join(home, file), 'utf8').trim());
  return [`${name} ${version} (${license})`, ...texts, ''].join('\n\n');
}
