/**
 * The texts beside a prepared data set: README.md with origin, licence and what was done, dataset.json with the
 * class values (in the words of the Medical Segmentation Decathlon and nnU-Net), data.csv with patients and sizes.
 */
import type { PublicSet } from './public-set.ts';

/** A row of data.csv. */
export interface Row {
  readonly id: string;
  readonly patient: string | null;
  /** mm per pixel. */
  readonly spacing: readonly [x: number, y: number] | null;
}

/** What README.md counts and lists. */
export interface Account {
  readonly labelled: number;
  readonly unlabelled: number;
  /** Lines on what was left out, and why. */
  readonly leftOut: readonly string[];
}

export function readmeText(set: PublicSet, { labelled, unlabelled, leftOut }: Account): string {
  const lines = [
    `# ${set.title}`,
    '',
    `${labelled} images with masks${unlabelled > 0 ? `, and ${unlabelled} without in unlabelled/` : ''}, made from the official download by \`genseg data prepare ${set.name}\`.`,
    'This is not an official release of the data set: its licence holds, and its owners are to be cited.',
    '',
    `- Source: ${set.homepage}`,
    `- Licence: ${set.licence}`,
    `- Cite: ${set.citation}`,
    `- Classes: ${set.classes.map((name, id) => `${id} ${name}`).join(', ')}`,
    '',
    'What was done and what to know:',
    '',
    ...[...set.notes, 'Masks were stored as PNG files of class ids.', `Layout: ${set.known}`].map(
      (note) => `- ${note}`,
    ),
  ];
  if (leftOut.length > 0) lines.push('', 'Left out:', '', ...leftOut.map((line) => `- ${line}`));
  return `${lines.join('\n')}\n`;
}

export function descriptionOf(set: PublicSet): object {
  return {
    name: set.name,
    description: set.title,
    reference: set.homepage,
    licence: set.licence,
    citation: set.citation,
    labels: Object.fromEntries(set.classes.map((name, id) => [name, id])),
  };
}

/** data.csv; undefined where there is nothing to tell. */
export function tableText(rows: readonly Row[]): string | undefined {
  const patients = rows.some(({ patient }) => patient !== null);
  const sizes = rows.some(({ spacing }) => spacing !== null);
  if (!patients && !sizes) return undefined;
  const columns = (row: Row) => [
    row.id,
    ...(patients ? [row.patient ?? ''] : []),
    ...(sizes ? (row.spacing ?? ['', '']) : []),
  ];
  const header = [
    'image_id',
    ...(patients ? ['patient_id'] : []),
    ...(sizes ? ['spacing_x_mm', 'spacing_y_mm'] : []),
  ];
  return `${[header, ...rows.map(columns)].map((row) => row.map(field).join(',')).join('\n')}\n`;
}

/** RFC 4180. */
const field = (value: string | number): string =>
  /[",\r\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value);
