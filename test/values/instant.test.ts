import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareInstants, parseInstant } from '../../src/values/instant.js';

describe('an instant', () => {
  it.each([
    ['2025-11-20T09:14:07Z', 1_763_630_047, 0, '2025-11-20T09:14:07Z'],
    ['2025-11-20T09:14:07.1Z', 1_763_630_047, 100_000_000, '2025-11-20T09:14:07.1Z'],
    ['2025-11-20T09:14:07.123456789Z', 1_763_630_047, 123_456_789, '2025-11-20T09:14:07.123456789Z'],
    ['2025-11-20t10:14:07.5+01:00', 1_763_630_047, 500_000_000, '2025-11-20T09:14:07.5Z'],
    ['2024-02-29T00:00:00Z', 1_709_164_800, 0, '2024-02-29T00:00:00Z'],
    ['1969-12-31T23:59:59.25Z', -1, 250_000_000, '1969-12-31T23:59:59.25Z'],
    ['9999-12-31T23:59:59.999999999Z', 253_402_300_799, 999_999_999, '9999-12-31T23:59:59.999999999Z'],
    ['0000-01-01T00:00:00Z', -62_167_219_200, 0, '0000-01-01T00:00:00Z'],
    ['2016-12-31T23:59:60Z', 1_483_228_800, 0, '2017-01-01T00:00:00Z'],
    ['2017-01-01T01:59:60.25+02:00', 1_483_228_800, 250_000_000, '2017-01-01T00:00:00.25Z'],
    ['0006-01-05T11:19:32Z', Date.parse('0006-01-05T11:19:32Z') / 1000, 0, '0006-01-05T11:19:32Z'],
  ])('reads %s', (source, seconds, nanos, text) => {
    expect(parseInstant(source)).toEqual({ seconds, nanos, text });
  });

  it.each([
    '',
    '2025-11-20',
    '2025-11-20T09:14:07',
    '2025-11-20T09:14:07.Z',
    '2025-02-29T00:00:00Z',
    '2025-04-31T00:00:00Z',
    '2025-13-01T00:00:00Z',
    '2025-00-10T00:00:00Z',
    '2025-01-00T00:00:00Z',
    '2025-01-01T24:00:00Z',
    '2025-01-01T00:60:00Z',
    '2025-01-01T00:00:61Z',
    '2025/01/01T00:00:00Z',
    '9999-12-31T23:59:59-05:00',
    '9999-12-31T23:59:60Z',
    '0000-01-01T00:00:00+05:00',
    '2025-06-30T12:00:60Z',
    '2025-06-30T23:59:60+02:00',
    '2025-06-30T23:58:60Z',
    '2025-01-01T00:00:00,5Z',
    '2025-01-01T0a:00:00Z',
    '2025-01-01T00:00:00.12x4Z',
    '２０25-01-01T00:00:00Z',
  ])('does not read %s', (source) => {
    expect(parseInstant(source)).toBeUndefined();
  });

  it('agrees with the platform to the millisecond, and keeps the digits beyond', () => {
    fc.assert(
      fc.property(
        fc.date({
          min: new Date('0001-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59.999Z'),
          noInvalidDate: true,
        }),
        fc.integer({ min: 0, max: 999_999 }),
        (date, beyond) => {
          const source = date.toISOString().replace('Z', `${String(beyond).padStart(6, '0')}Z`);
          const read = parseInstant(source);
          expect(read).toEqual({
            seconds: Math.floor(date.getTime() / 1000),
            nanos: date.getUTCMilliseconds() * 1_000_000 + beyond,
            text: source,
          });
        },
      ),
    );
  });

  it('is the same point however it is written', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9000-01-01T00:00:00Z'), noInvalidDate: true }),
        fc.integer({ min: -23, max: 23 }),
        (date, hours) => {
          const shifted = new Date(date.getTime() + hours * 3_600_000).toISOString();
          const zone = `${hours < 0 ? '-' : '+'}${String(Math.abs(hours)).padStart(2, '0')}:00`;
          const [one, other] = [parseInstant(date.toISOString()), parseInstant(shifted.replace('Z', zone))];
          expect(one && other && compareInstants(one, other)).toBe(0);
          expect(other?.text).toBe(one?.text);
        },
      ),
    );
  });
});
