import type { HashRate } from '../../providers/bitminter/model.js';
import { scaleDecimal } from '../../values/decimal.js';
import { builder, type BuilderTypes } from '../builder.js';

const units = {
  H_PER_S: { power: 0, description: 'Hashes per second.' },
  KH_PER_S: { power: 3, description: '10^3 hashes per second.' },
  MH_PER_S: { power: 6, description: '10^6 hashes per second.' },
  GH_PER_S: { power: 9, description: '10^9 hashes per second.' },
  TH_PER_S: { power: 12, description: '10^12 hashes per second.' },
  PH_PER_S: { power: 15, description: '10^15 hashes per second.' },
} as const;

const HashRateUnit = builder.enumType('HashRateUnit', {
  description:
    'A unit of hash rates. The default is the same everywhere, although the pool counts itself and its miners differently.',
  values: units,
});

/** The field `hashRate(unit)`: the exact rate in that unit, rounded once to a float. */
export function hashRateField<Model extends { readonly hashRate: HashRate }>(
  t: PothosSchemaTypes.ObjectFieldBuilder<BuilderTypes, Model>,
  whose: string,
) {
  return t.float({
    description: `The hash rate of ${whose}, in the unit asked for.`,
    args: {
      unit: t.arg({
        type: HashRateUnit,
        required: true,
        defaultValue: 'GH_PER_S',
        description: 'The unit of the answer.',
      }),
    },
    resolve: ({ hashRate }, { unit }) => Number(scaleDecimal(hashRate, -units[unit].power)),
  });
}
