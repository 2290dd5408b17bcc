/** Pictures of a run inside the page: synthetic pairs over training, best and worst predictions. */
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { evaluationPaths } from '../../run/index.ts';
import { subjectOf } from '../compare-runs.ts';
import { fixed } from '../format.ts';
import { extremes, overlayFile } from '../overlays.ts';
import { eventsOf } from '../run-record.ts';
import { sameCases } from '../set-result.ts';
import { type Content, type Html, html } from './html.ts';
import { type PageRun, section } from './page-run.ts';

/** The first, the middle and the last preview of every run that drew some. */
export async function pairs(runs: readonly PageRun[]): Promise<Content> {
  const drawn = await Promise.all(
    runs.map(async (run) => {
      const previews = eventsOf(run, 'preview').filter(({ data }) =>
        existsSync(join(run.paths.previews, basename(data.file))),
      );
      const last = previews.length - 1;
      const shown = [...new Set([0, Math.floor(last / 2), last])].filter((i) => i in previews);
      const figures = await Promise.all(
        shown.map(async (i) => {
          const { done, file } = previews[i].data;
          const path = join(run.paths.previews, basename(file));
          const alt = `Masks, synthetic images and real images at step ${done}`;
          return figure(await embed(path, alt, 640), `Step ${done}`);
        }),
      );
      return { run, figures };
    }),
  );
  const some = drawn.filter(({ figures }) => figures.length > 0);
  if (some.length === 0) return null;
  return section(
    'Real beside synthetic',
    'Each row, from the left: an augmented mask, the image that the generator draws for it, and the real ' +
      'training image that is nearest to what it drew.',
    some.map(
      ({ run, figures }) => html`${some.length > 1 && html`<h3>${run.label}</h3>`}
<div class="pictures" style="--columns:3">${figures}</div>`,
    ),
  );
}

/** The cases where the subject of the report is worst and best, in all runs that kept their overlays. */
export async function predictions(runs: readonly PageRun[]): Promise<Content> {
  const subject = subjectOf(runs);
  const parts = await Promise.all(
    [...subject.sets].map(async ([set, { cases }]) => {
      const alike = runs.filter(({ sets }) => sameCases(sets.get(set)?.cases ?? cases, cases));
      const columns = runs.length > 1 ? alike.length : 4;
      const shown = (caseId: string) => existsSync(overlayOf(subject, set, caseId));
      const { worst, best } = extremes(
        cases.filter(({ id }) => shown(id)),
        runs.length > 1 ? 3 : columns,
      );
      const rows = async (title: string, ids: readonly string[]): Promise<Content> =>
        ids.length > 0 &&
        html`<h3>${title} on ${set}</h3>
<div class="pictures" style="--columns:${columns}">${await Promise.all(ids.flatMap((id) => alike.map((run) => prediction(run, { set, id, compared: runs.length > 1 }))))}</div>
`;
      const idsOf = (found: readonly { id: string }[]) => found.map(({ id }) => id);
      return [await rows('Lowest Dice', idsOf(worst)), await rows('Highest Dice', idsOf(best))];
    }),
  );
  if (!parts.flat().some(Boolean)) return null;
  return section(
    'Predictions',
    `Where the Dice of ${subject.label} is lowest and highest. Colour is the prediction, the white line the truth: ` +
      'colour outside the line is too much, no colour inside it too little.',
    parts,
  );
}

const overlayOf = (run: PageRun, set: string, caseId: string): string =>
  join(evaluationPaths(run.paths.root, set).overlays, overlayFile(caseId));

async function prediction(
  run: PageRun,
  { set, id, compared }: { set: string; id: string; compared: boolean },
): Promise<Content> {
  const path = overlayOf(run, set, id);
  const score = run.sets.get(set)?.cases.find((one) => one.id === id)?.dice;
  const picture =
    existsSync(path) && (await embed(path, `Prediction of ${run.label} for ${id}`, 360));
  return figure(
    picture,
    html`<b>${fixed(score ?? null)}</b> ${compared && run.label} <small>${id}</small>`,
  );
}

export const figure = (picture: Content, caption: Content): Html =>
  html`<figure>${picture}<figcaption>${caption}</figcaption></figure>
`;

/** A picture as part of the page, at most `side` pixels wide and high. */
export async function embed(path: string, alt: string, side: number): Promise<Html> {
  const { data, info } = await sharp(path)
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .png({ palette: true })
    .toBuffer({ resolveWithObject: true });
  const source = `data:image/png;base64,${data.toString('base64')}`;
  return html`<img src="${source}" alt="${alt}" width="${info.width}" height="${info.height}">`;
}
