import { expect, test } from 'vitest';
import { dataSet, picture, png, square } from '../../../test/data/fixtures.ts';
import { inspect } from '../inspect.ts';

const pairWith = (table: string, name = 'data.csv') =>
  dataSet({
    'images/a.png': png(picture(1)),
    'masks/a.png': png(square()),
    'images/b.png': png(picture(2)),
    'masks/b.png': png(square()),
    [name]: table,
  });

test('pixel sizes come from a table, with or without patients', async () => {
  const table = 'image_id,spacing_x_mm,spacing_y_mm\na.png,0.5,0.75\nb,,\n';
  const { manifest } = await inspect(await pairWith(table));
  expect(manifest.cases.map(({ spacing, patient }) => [spacing, patient])).toEqual([
    [[0.5, 0.75], null],
    [null, null],
  ]);
  expect(manifest.inferred).toContain('pixel sizes from data.csv');
  expect(manifest.inferred).not.toContain('patients from data.csv');

  const both = 'patient,id,Spacing_Y_mm,spacing_x_mm\np1,a,2,1\np2,b,4,3\n';
  const { cases } = (await inspect(await pairWith(both, 'cases.csv'))).manifest;
  expect(cases.map(({ spacing, patient }) => [spacing, patient])).toEqual([
    [[1, 2], 'p1'],
    [[3, 4], 'p2'],
  ]);
});

test.each(['0.5,', '0,1', '-1,1', 'wide,1'])('the pixel size %j is refused', async (size) => {
  const root = await pairWith(`image_id,spacing_x_mm,spacing_y_mm\na,${size}\n`);
  await expect(inspect(root)).rejects.toThrow(
    /data\.csv: a has the pixel size .*, expected mm above 0 in both columns/,
  );
});
