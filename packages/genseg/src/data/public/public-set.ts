/**
 * What is known of a public data set: where it comes from, what must be said of it, and how the files of its
 * official download become cases. A set is a value (see sets/); match.ts reads its file names, prepare.ts its
 * files. Nothing here downloads anything.
 */
import type { DataFiles } from '../files.ts';
import type { Size } from '../image/image.ts';
import type { Split } from '../manifest.ts';

export interface PublicSet {
  /** As `genseg data prepare` takes it. */
  readonly name: string;
  readonly title: string;
  /** Where its owners give it away. */
  readonly homepage: string;
  /** As the owners state it, or that none was found stated. */
  readonly licence: string;
  readonly citation: string;
  /** From what the layout is known, and what of it was not seen; goes on after "Layout:". */
  readonly known: string;
  /** Class names, background first. */
  readonly classes: readonly string[];
  /** Path template of an image, see template.ts; its names are what the functions below are given. */
  readonly image: string;
  /** Each image has a mask of each of these. */
  readonly masks: readonly MaskPattern[];
  /** Images without any mask are part of the set: they are kept, as unlabelled. */
  readonly someUnlabelled?: boolean;
  /** What the case is called; unique within the set. */
  id(names: Names): string;
  /** Whom it shows, where names tell; images of one patient stay on one side of every split. */
  patient?(names: Names): string;
  /** The official split, where there is one. */
  split?(names: Names): Split;
  /** Text files of patients, one a line, that make the official split; where they are missing there is none. */
  readonly splitLists?: readonly { readonly path: string; readonly split: Split }[];
  readonly reader: Reader;
  /** What is done to the files, and what a user should know; sentences. */
  readonly notes: readonly string[];
}

/** What the placeholders of a template stand for. */
export type Names = Readonly<Record<string, string>>;

export interface MaskPattern {
  /** A path template. Names that it shares with the image's template pair the two. */
  readonly path: string;
  /** The class of all its foreground; without it the values in the file are class ids. */
  readonly class?: number;
  /** An image may have several, which are merged. */
  readonly several?: boolean;
}

/** An image of the download with its masks; paths within the download. */
export interface MatchedCase {
  readonly id: string;
  readonly image: string;
  /** Empty: unlabelled. */
  readonly masks: readonly MatchedMask[];
  readonly patient: string | null;
  readonly split: Split | null;
}

export interface MatchedMask {
  readonly path: string;
  readonly class?: number;
}

/** Turns the files of a case into pictures: one, or the slices of a volume. */
export interface Reader {
  /** How many cases may be in memory together. */
  readonly atOnce: number;
  /** @throws DataError naming the file, what is wrong with it and the mend. */
  read(one: MatchedCase, set: { files: DataFiles; classes: number }): AsyncIterable<Picture>;
}

/** A picture as it will be stored. */
export interface Picture extends Size {
  /** Behind the case's id: empty, or the slice of a volume. */
  readonly suffix: string;
  /** Of the image file, with its dot. */
  readonly extension: string;
  /** The image file. */
  readonly bytes: Uint8Array;
  /** Class ids `[H, W]`; null: unlabelled. */
  readonly mask: Uint8Array | null;
  /** mm per pixel, [x, y]. */
  readonly spacing: readonly [x: number, y: number] | null;
}
