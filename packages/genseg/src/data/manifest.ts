/**
 * The manifest: every case of a data set with its files, hashes, sizes, group, split and labels, and
 * what was inferred. Plain JSON, checked by a zod schema when read; written by ../run.
 */
import { z } from 'zod';

const side = z.int().positive();
const file = z.object({
  /** Relative to `root`, with forward slashes. */
  path: z.string(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const splitSchema = z.enum(['train', 'validation', 'test']);

const caseSchema = z.object({
  id: z.string(),
  /** One file, or one per channel group in channel order. */
  images: z.array(file).min(1),
  /** None: unlabelled. Several: their union. `entry` is the image's key inside a COCO file. */
  masks: z.array(file.extend({ entry: z.string().optional() })),
  width: side,
  height: side,
  channels: side,
  bits: z.union([z.literal(8), z.literal(16)]),
  /** mm per pixel, [x, y], from a table beside the images; null where there is none. */
  spacing: z.tuple([z.number().positive(), z.number().positive()]).nullable(),
  patient: z.string().nullable(),
  /** Cases of one group (a patient, duplicates) stay on one side of every split. */
  group: z.string(),
  /** The split the data set itself gives. */
  split: splitSchema.nullable(),
  /** Pixels per class; null: unlabelled. */
  labels: z.array(z.int().nonnegative()).nullable(),
  /** What was done to this case's files, in words. */
  inferred: z.array(z.string()),
});

const codingSchema = z.discriminatedUnion('kind', [
  /**
   * Raster masks: a pixel belongs to the class of the nearest level (gray value or 0xrrggbb), 255 being
   * no label (`ignoredClass`).
   */
  z.object({
    kind: z.enum(['value', 'colour']),
    levels: z.array(z.object({ code: z.int().nonnegative(), class: z.int().nonnegative() })),
  }),
  /** Polygons: label i is class i + 1. */
  z.object({ kind: z.literal('polygons'), labels: z.array(z.string()) }),
]);

/** Unions of classes that are segmented in their place, in the order of painting; class ids. */
const regionSchema = z.object({
  name: z.string(),
  classes: z.array(z.int().positive()).min(1),
  paints: z.int().positive(),
});

const fingerprintSchema = z.object({
  channels: side,
  bits: z.union([z.literal(8), z.literal(16)]),
  /** Smallest, middle and largest side length in px; of an even count the larger of the two in the middle. */
  width: z.tuple([side, side, side]),
  height: z.tuple([side, side, side]),
  intensity: z.object({
    /** What is scaled to 0..1: each image's own range, or the same values in all; the latter in files of before. */
    per: z.enum(['image', 'dataset']).default('dataset'),
    /** Of the data set, per channel: the 16-bit values that become 0 and 1. */
    low: z.array(z.number()),
    high: z.array(z.number()),
  }),
});

export const manifestSchema = z.object({
  version: z.literal(1),
  /** Absolute path of the data set. */
  root: z.string(),
  /** Which folder layout was found, in words. */
  layout: z.string(),
  /** Class names; class 0 is the background. */
  classes: z.array(z.string()),
  coding: codingSchema.nullable(),
  /** Where the data set declares them. */
  regions: z.array(regionSchema).optional(),
  fingerprint: fingerprintSchema,
  /** Sorted by id. */
  cases: z.array(caseSchema),
  inferred: z.array(z.string()),
});

export type Split = z.infer<typeof splitSchema>;
export type Case = z.infer<typeof caseSchema>;
export type Coding = z.infer<typeof codingSchema>;
export type Fingerprint = z.infer<typeof fingerprintSchema>;
export type Manifest = z.infer<typeof manifestSchema>;

/** Something wrong with the data, found without stopping: one line that names file and mend. */
export interface Problem {
  /** An error is a reason not to train on this data; a warning is worth knowing. */
  readonly severity: 'error' | 'warning';
  readonly kind:
    | 'unusable'
    | 'channels-mismatch'
    | 'missing-mask'
    | 'missing-image'
    | 'ambiguous-mask'
    | 'empty-mask'
    | 'full-mask'
    | 'split'
    | 'table';
  readonly message: string;
}

/** Reads a manifest from parsed JSON. @throws ZodError where it is none. */
export function parseManifest(json: unknown): Manifest {
  return manifestSchema.parse(json);
}
