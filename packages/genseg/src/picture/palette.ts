/**
 * Colours of classes that colour-blind readers can tell apart, also on gray images: Okabe and Ito's
 * palette (2008) without black, in an order that keeps neighbours far apart.
 */

import { ignoredClass } from '../classes.ts';

export type Colour = readonly [red: number, green: number, blue: number];

const palette: readonly Colour[] = [
  [230, 159, 0], // orange
  [86, 180, 233], // sky blue
  [0, 158, 115], // bluish green
  [204, 121, 167], // reddish purple
  [240, 228, 66], // yellow
  [0, 114, 178], // blue
  [213, 94, 0], // vermillion
];

/** Of pixels without a label. */
const noLabel: Colour = [110, 110, 110];

/** The colour of a foreground class, from 1 on; they repeat after the seventh. */
export const classColour = (classId: number): Colour =>
  classId === ignoredClass ? noLabel : palette[(classId - 1) % palette.length];
