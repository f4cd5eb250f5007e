import { expect, test } from 'vitest';
import { strftime, today } from './strftime.ts';

const FORMAT = '%d %b %Y|%B %-d, %Y|%A %a %j %U %W %u %w %y|%D %F %T %e %H:%M:%S %I %p|%c|%x %X|%h %% %-m';

/** From Python 3.11: `datetime.fromisoformat(date).strftime(FORMAT)`. */
test.each([
  [
    '2024-07-26',
    '26 Jul 2024|July 26, 2024|Friday Fri 208 29 30 5 5 24|07/26/24 2024-07-26 00:00:00 26 00:00:00 12 AM|Fri Jul 26 00:00:00 2024|07/26/24 00:00:00|Jul % 7',
  ],
  [
    '2026-01-01',
    '01 Jan 2026|January 1, 2026|Thursday Thu 001 00 00 4 4 26|01/01/26 2026-01-01 00:00:00  1 00:00:00 12 AM|Thu Jan  1 00:00:00 2026|01/01/26 00:00:00|Jan % 1',
  ],
  [
    '2027-12-31',
    '31 Dec 2027|December 31, 2027|Friday Fri 365 52 52 5 5 27|12/31/27 2027-12-31 00:00:00 31 00:00:00 12 AM|Fri Dec 31 00:00:00 2027|12/31/27 00:00:00|Dec % 12',
  ],
  [
    '2023-02-05',
    '05 Feb 2023|February 5, 2023|Sunday Sun 036 06 05 7 0 23|02/05/23 2023-02-05 00:00:00  5 00:00:00 12 AM|Sun Feb  5 00:00:00 2023|02/05/23 00:00:00|Feb % 2',
  ],
  [
    '2024-02-29',
    '29 Feb 2024|February 29, 2024|Thursday Thu 060 08 09 4 4 24|02/29/24 2024-02-29 00:00:00 29 00:00:00 12 AM|Thu Feb 29 00:00:00 2024|02/29/24 00:00:00|Feb % 2',
  ],
])('formats %s as Python does', (date, expected) => {
  expect(strftime(date, FORMAT)).toBe(expected);
});

test('keeps unknown directives', () => {
  expect(strftime('2024-07-26', '%Q %v 100%')).toBe('%Q %v 100%');
});

test('gives today in the local time zone', () => {
  expect(today()).toMatch(/^\d{4}-\d\d-\d\d$/);
});
