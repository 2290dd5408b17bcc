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
  expect(manifest.inferred).toContain('pixel sizes from data.csv: 1 of 2 images');
  expect(manifest.inferred.join()).not.toContain('patients from data.csv');

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

test.each([
  [
    'semicolons and decimal commas',
    'image_id;patient_id;spacing_x_mm;spacing_y_mm\na;p1;0,5;0,75\n',
  ],
  ['tabs', 'Image ID\tPatient ID\tSpacing X (mm)\tSpacing Y (mm)\r\na.png\tp1\t0.5\t0.75'],
  ['a byte order mark', '\uFEFFFileName,PatientID,spacing-x-mm,spacing-y-mm\na.png, p1 ,0.5,0.75'],
  [
    'quotes',
    '"image";note;patient;spacing_x_mm;spacing_y_mm\nb;5" scan;;;\na;"x;""y""";p1;0.5;0.75',
  ],
])('a table with %s', async (_, table) => {
  const { manifest, problems } = await inspect(await pairWith(table));
  expect(manifest.cases[0]).toMatchObject({ id: 'a', patient: 'p1', spacing: [0.5, 0.75] });
  expect(manifest.inferred).toContain('patients from data.csv: 1 of 2 images');
  expect(problems).toEqual([]);
});

test('a table that is not understood is told', async () => {
  const { problems } = await inspect(await pairWith('Bild,Alter\na,60\n'));
  expect(problems).toMatchObject([{ severity: 'warning', kind: 'table' }]);
  expect(problems[0].message).toMatch(
    /data\.csv: is not used, with the columns Bild, Alter; name that of the images image_id, and others patient_id or spacing_x_mm and spacing_y_mm$/,
  );
});

test.each([
  ['data.csv', 'image_id,patient_id\nWund_0,p1\nWund_1,p1\n'],
  ['splits.json', JSON.stringify({ train: ['Wund_0', 'Wund_1'] })],
])('%s that names none of the images is an error', async (file, content) => {
  const { manifest, problems } = await inspect(await pairWith(content, file));
  expect(manifest.inferred).toHaveLength(2); // layout and masks
  expect(problems).toMatchObject([{ severity: 'error', kind: 'table' }]);
  expect(problems[0].message).toMatch(
    /(data\.csv|splits\.json): names none of the 2 images \(it has Wund_0, they are images\/a\.png, \.\.\.\); write their/,
  );
});

test('images of one name in two folders have their own patients and splits', async () => {
  const root = await dataSet({
    'images/p0/1.png': png(picture(1)),
    'masks/p0/1.png': png(square()),
    'images/p1/1.png': png(picture(2)),
    'masks/p1/1.png': png(square()),
    'data.csv': 'image,patient\np0/1.png,Q0\np1/1.png,Q1\n',
    'splits.json': { train: ['p0/1.png'], test: ['p1/1.png'] },
  });
  const { cases } = (await inspect(root)).manifest;
  expect(cases.map(({ patient, split }) => [patient, split])).toEqual([
    ['Q0', 'train'],
    ['Q1', 'test'],
  ]);
});
