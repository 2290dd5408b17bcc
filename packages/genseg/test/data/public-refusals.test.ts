/** What a download lacks or has too much of is told by name; nothing half-prepared is left behind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { inspect, preparePublicSet, publicSets } from '../../src/data/index.ts';
import { downloads, jsrtImage } from './downloads.ts';
import { dataSet, picture, png, square, temporaryFolder, writeFiles } from './fixtures.ts';
import { nifti } from './volume-files.ts';

const all = await downloads();
const setOf = (name: string) => publicSets.find((set) => set.name === name)!;
const filesOf = (name: string) => all.find((one) => one.name === name)!.files;

/** Prepares a look-alike with other files added, or taken away (null). */
async function prepare(
  name: string,
  others: Record<string, unknown> = {},
  options: { skipBroken?: boolean } = {},
) {
  const files = Object.entries({ ...filesOf(name), ...others });
  const root = await dataSet(Object.fromEntries(files.filter(([, content]) => content !== null)));
  const out = join(await temporaryFolder(), 'out');
  return { root, out, result: preparePublicSet(setOf(name), root, { out, ...options }) };
}

const smaller = png(square({ width: 8, height: 8, from: 2, to: 4 }), { width: 8 });
const isicMask = 'ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png';
const camusMask = 'CAMUS_public/database_nifti/patient0001/patient0001_2CH_ED_gt.nii.gz';

test.each<[what: string, name: string, others: Record<string, unknown>, message: RegExp]>([
  [
    'an image without a mask',
    'isic2018',
    { [isicMask]: null },
    /ISIC_0000000\.jpg: has no mask; add ISIC2018_Task1_Training_GroundTruth\/ISIC_0000000_segmentation\.png or remove/,
  ],
  [
    'a mask without an image',
    'isic2018',
    { 'ISIC2018_Task1-2_Test_Input/ISIC_0012169.jpg': null },
    /ISIC_0012169_segmentation\.png: no image belongs to this mask/,
  ],
  [
    'one lung of two',
    'montgomery',
    { 'MontgomerySet/ManualMask/rightMask/MCUCXR_0001_0.png': null },
    /CXR_png\/MCUCXR_0001_0\.png: has no mask; add ManualMask\/rightMask\/MCUCXR_0001_0\.png/,
  ],
  [
    'two masks where one is expected',
    'shenzhen',
    { 'other/CHNCXR_0001_0_mask.png': png(square()) },
    /CHNCXR_0001_0\.png: has 2 masks .*mask\/CHNCXR_0001_0_mask\.png and other\//,
  ],
  [
    'two copies',
    'busi',
    Object.fromEntries(
      Object.entries(filesOf('busi')).map(([path, content]) => [`copy/${path}`, content]),
    ),
    /benign \(1\)\.png: is there twice, also as (copy\/)?Dataset_BUSI_with_GT\/benign\/benign \(1\)\.png; give a folder with one copy/,
  ],
  [
    'a mask of another size',
    'isic2018',
    { [isicMask]: smaller },
    /the mask is 8 x 8 px but its image is 16 x 16 px/,
  ],
  [
    'a damaged mask',
    'isic2018',
    { [isicMask]: png(square()).slice(0, 60) },
    /ISIC_0000000_segmentation\.png: is damaged/,
  ],
  [
    'a mask of gray',
    'isic2018',
    { [isicMask]: png(square({ on: 90 })) },
    /values from 0 to 90 where a mask of 0 and 255/,
  ],
  [
    'a class that is not there',
    'fetreg',
    {
      'Train/Train_FetReg2021_Task1_Segmentation/Video001/labels/Video001_frame00500.png': png(
        square({ on: 4 }),
      ),
    },
    /Video001_frame00500\.png: has the value 4 where the values 0 to 3 are expected/,
  ],
  [
    'colours for classes',
    'fetreg',
    {
      'Train/Train_FetReg2021_Task1_Segmentation/Video001/labels/Video001_frame00500.png': png(
        Uint8Array.from({ length: 768 }, (_, i) => (i % 3 === 0 ? 255 : 0)),
        { channels: 3 },
      ),
    },
    /Video001_frame00500\.png: is a mask in colours/,
  ],
  [
    'a raw file cut short',
    'jsrt',
    { 'All247images/JPCLN001.IMG': jsrtImage(64) },
    /JPCLN001\.IMG: has 8192 bytes where 2048 x 2048 pixels/,
  ],
  [
    'labels of another shape',
    'camus',
    { [camusMask]: nifti([16, 8], new Uint8Array(128)) },
    /_gt\.nii\.gz: is 16 x 8 x 1 voxels but its image is 16 x 16 x 1/,
  ],
  [
    'a patient in no list',
    'camus',
    { 'CAMUS_public/database_split/subgroup_testing.txt': 'patient0009' },
    /patient0002 is in no list of the official split/,
  ],
])('%s is refused', async (_, name, others, message) => {
  const { out, root, result } = await prepare(name, others);
  await expect(result).rejects.toThrow(message);
  await expect(result).rejects.toThrow(root); // says where
  await expect(result).rejects.toThrow(/nothing was written: mend this, or .*--skip-broken/);
  expect(readdirSync(dirname(out))).toEqual([]);
});

test('what is broken can be left out, and is listed', async () => {
  const { out, result } = await prepare(
    'isic2018',
    { [isicMask]: smaller, 'ISIC2018_Task1_Test_GroundTruth/ISIC_0012169_segmentation.png': null },
    { skipBroken: true },
  );
  const { labelled, splits, leftOut } = await result;
  expect([labelled, splits]).toEqual([1, { validation: 1 }]);
  expect(leftOut).toHaveLength(2);
  const readme = readFileSync(join(out, 'README.md'), 'utf8');
  for (const line of leftOut) expect(readme).toContain(line);
  expect((await inspect(out)).manifest.cases.map(({ id }) => id)).toEqual(['ISIC_0012255']);
});

test('of a volume with a broken label nothing stays', async () => {
  const labels = new Uint8Array(480).fill(1, 0, 360).fill(9, 400);
  const { out, result } = await prepare(
    'msd-liver',
    {
      'Task03_Liver/imagesTr/volume_002.nii.gz': nifti([12, 10, 4], new Uint8Array(480).fill(9)),
      'Task03_Liver/labelsTr/volume_002.nii.gz': nifti([12, 10, 4], labels),
    },
    { skipBroken: true },
  );
  expect((await result).labelled).toBe(2);
  expect(readdirSync(join(out, 'images')).filter((name) => name.startsWith('volume_002'))).toEqual(
    [],
  );
});

test('where all is broken nothing is prepared', async () => {
  const { result } = await prepare(
    'ph2',
    { 'PH2Dataset/PH2 Dataset images/IMD002/IMD002_lesion/IMD002_lesion.bmp': smaller },
    { skipBroken: true },
  );
  await expect(result).rejects.toThrow(/no image of ph2 has a mask; .*IMD002_lesion\.bmp/);
});

test('a folder that holds something else says what was expected and what is there', async () => {
  const root = await dataSet({ 'holiday/beach.jpg': 'sun' });
  const out = join(await temporaryFolder(), 'out');
  await expect(preparePublicSet(setOf('kvasir-seg'), root, { out })).rejects.toThrow(
    /holds no image of kvasir-seg, expected images\/\{id\}\.jpg with masks\/\{id\}\.jpg, but it holds holiday; give the folder/,
  );
  await expect(
    preparePublicSet(setOf('kvasir-seg'), join(root, 'nowhere'), { out }),
  ).rejects.toThrow(/nowhere: does not exist; check the path/);
});

test('out must be new or empty, and outside the download', async () => {
  const root = await dataSet(filesOf('ph2'));
  const full = await dataSet({ 'notes.txt': 'mine' });
  const prepareTo = (out: string) => preparePublicSet(setOf('ph2'), root, { out });
  await expect(prepareTo(full)).rejects.toThrow(
    /holds files, such as notes\.txt; choose a new or empty/,
  );
  await expect(prepareTo(join(full, 'notes.txt'))).rejects.toThrow(/cannot be used/);
  await expect(prepareTo(join(root, 'out'))).rejects.toThrow(/lies in the download/);
  await expect(prepareTo(root)).rejects.toThrow(/lies in the download/);
  expect(readFileSync(join(full, 'notes.txt'), 'utf8')).toBe('mine');

  const empty = join(full, 'empty');
  await mkdir(empty);
  expect((await prepareTo(empty)).labelled).toBe(1);
  await expect(prepareTo(empty)).rejects.toThrow(/choose a new or empty/);
});

test('what a crash left is taken away, and is never taken for a data set', async () => {
  const { root, out, result } = await prepare('ph2');
  await result;
  await rm(out, { recursive: true }); // as it was before, and what is left lies there before it begins
  await writeFiles(`${out}.partial`, { 'images/old.png': png(picture(1)) });
  await preparePublicSet(setOf('ph2'), root, { out });
  expect(existsSync(join(out, 'images/old.png'))).toBe(false);
  expect(readdirSync(dirname(out))).toEqual([basename(out)]);
});
