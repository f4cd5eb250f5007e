/** The cases of every operator that graphs for WebGPU may contain. A new one in `targets.ts` needs cases here. */

import type { Proofs } from '../case.ts';
import { ELEMENTS } from './elements.ts';
import { INDICES } from './indices.ts';
import { LAYOUT } from './layout.ts';
import { PRODUCTS } from './products.ts';
import { REDUCTIONS } from './reductions.ts';

export const PROOFS: Proofs = { ...ELEMENTS, ...PRODUCTS, ...REDUCTIONS, ...LAYOUT, ...INDICES };
