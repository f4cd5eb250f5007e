/** How the page writes numbers, times and shares. Pure. */

export {
  compact,
  count,
  duration,
  gainPoints,
  gainText,
  percent,
  percentage,
  plural,
  points,
  pValue,
  significant,
  utcMinute,
} from '../text/numbers.ts';
