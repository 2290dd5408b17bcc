/** What class ids in masks mean, the same in every folder: 0 is background, 1, 2, ... are the classes. */

/** The class id of pixels without a label: they count in no loss, no score and no condition of a generator. */
export const ignoredClass = 255;

/** A union of classes that is segmented as one thing (the regions of nnU-Net); regions may overlap. */
export interface Region {
  readonly name: string;
  /** Class ids. */
  readonly classes: readonly number[];
  /** The class id that a predicted mask gets where the region is; later regions paint over earlier ones. */
  readonly paints: number;
}
