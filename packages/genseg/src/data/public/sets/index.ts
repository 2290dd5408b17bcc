/** All public data sets that can be prepared. */
import type { PublicSet } from '../public-set.ts';
import { covidQuEx, jsrt, montgomery, shenzhen } from './chest.ts';
import { msdHippocampus, msdLiver } from './decathlon.ts';
import { cvcClinicDb, fetReg, kvasirSeg } from './endoscopy.ts';
import { icFluid } from './retina.ts';
import { dermis, dermquest, isic2018, ph2 } from './skin.ts';
import { busi, camus } from './ultrasound.ts';
import { azh, fuseg, medetec } from './wounds.ts';

export const publicSets: readonly PublicSet[] = [
  ...[isic2018, ph2, dermis, dermquest],
  ...[jsrt, montgomery, shenzhen, covidQuEx],
  ...[cvcClinicDb, kvasirSeg, fetReg],
  ...[fuseg, azh, medetec],
  ...[busi, camus, icFluid],
  ...[msdHippocampus, msdLiver],
];
