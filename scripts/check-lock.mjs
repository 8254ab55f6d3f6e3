// A lock written on one platform may lack the optional packages of another, and then `npm ci` fails there. This finds such
// gaps: every optional dependency that a package names must be in the lock, where node would look for it. It also refuses
// download addresses, which would tie the project to one registry. The peers of the bench
// and some examples have locks of their own.
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const peers = ['bench/peers', 'examples'].flatMap((folder) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}/package-lock.json`)
    .filter((file) => existsSync(file)),
);
const locks = ['package-lock.json', ...peers];

/** The places where node looks for a package, from the inside out. */
function* lookUps(place, name) {
  for (let at = place; at.includes('node_modules/'); at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    yield `${at}/node_modules/${name}`;
  }
  yield `node_modules/${name}`;
}

const faultsOf = (lock, { packages }) =>
  Object.entries(packages).flatMap(([place, entry]) => [
    ...(/^https?:/.test(entry.resolved ?? '') ? [`${lock}: ${place}: records a download address`] : []),
    ...Object.keys(entry.optionalDependencies ?? {})
      .filter((name) => ![...lookUps(place, name)].some((path) => path in packages))
      .map((name) => `${lock}: ${place}: its optional dependency ${name} is not in the lock`),
  ]);

const faults = locks.flatMap((lock) => faultsOf(lock, JSON.parse(readFileSync(lock, 'utf8'))));
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
