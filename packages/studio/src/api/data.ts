/** The table of images: what pairs with what, what was inferred, what is wrong and how to mend it. */

export type Split = 'train' | 'validation' | 'test';

export interface CaseRow {
  /** Unique in the project; in a URL it goes through encodeURIComponent. */
  id: string;
  /** Below the project's folder, with forward slashes. */
  image: string;
  mask: string | null;
  /** Upright, in px; null until the image was inspected. */
  width: number | null;
  height: number | null;
  patient: string | null;
  /** Cases of one group (a patient, duplicates) stay on one side of every split. */
  group: string | null;
  /** null: training draws from it, and decides what validates. */
  split: Split | null;
  /** Pixels per class id; null: no mask, or not inspected yet. */
  labels: number[] | null;
  /** What was done to this case's files, in words. */
  inferred: string[];
  /** Changes with the image or the mask: `?v=` of every picture of this case, so that it may be cached. */
  revision: string;
}

/** What one click can do about a problem. */
export type Mend =
  | { kind: 'remove-case'; id: string }
  | { kind: 'remove-mask'; id: string }
  | { kind: 'remove-file'; path: string }
  /** The page opens the case for painting. */
  | { kind: 'paint'; id: string }
  /** The case keeps its empty or full mask; the problem is not shown again. */
  | { kind: 'keep'; id: string }
  /** Both cases count as one patient's. */
  | { kind: 'same-patient'; ids: [string, string] }
  /** All cases of the group go to this split; null: none. */
  | { kind: 'set-split'; id: string; split: Split | null };

export interface Problem {
  severity: 'error' | 'warning';
  kind: string;
  /** One line that names the file and the mend. */
  message: string;
  /** The case it is about, where there is one. */
  id: string | null;
  /** In order of preference, with the words of the button. */
  mends: { label: string; mend: Mend }[];
}

export interface DuplicatePair {
  ids: [string, string];
  kind: 'exact' | 'near';
  /** What it makes unfair. */
  crosses: ('splits' | 'patients')[];
  mends: { label: string; mend: Mend }[];
}

export interface DataTable {
  /** Sorted by id. Always that of the folder now, even while the inspection runs. */
  rows: CaseRow[];
  /** What problems and sizes are from; `stale`: files changed since and it will run again by itself. */
  inspection: { state: 'none' | 'running' | 'fresh' | 'stale' | 'failed'; error: string | null };
  inferred: string[];
  problems: Problem[];
  duplicates: DuplicatePair[];
  /** Test sets of their own (other hospitals, other scanners), in `tests/`. */
  testSets: { name: string; images: number }[];
}

/** What is given replaces; patients move as a whole, so a split given to one case moves its group. */
export interface CaseChange {
  id: string;
  patient?: string | null;
  split?: Split | null;
}

/** Answer to a stored mask. */
export interface MaskSaved {
  /** The case's new revision. */
  revision: string;
  /** Pixels per class id. */
  labels: number[];
}

/** Unlabelled images, the most uncertain first: which to paint next. */
export interface Suggestions {
  state: 'none' | 'running' | 'ready' | 'failed';
  /** What predicted them; null: there is no model yet. */
  model: ModelRef | null;
  items: { id: string; uncertainty: number }[];
  error: string | null;
}

/** A trained model: a method of a round. */
export interface ModelRef {
  round: string;
  method: string;
}
