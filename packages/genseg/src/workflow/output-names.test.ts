import { copyFileSync, linkSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { dataSet } from '../../test/data/fixtures.ts';
import { ConfigError } from '../errors.ts';
import { outputNames, probabilitySuffixes, refuseOverwriting } from './output-names.ts';

test.each([
  [['/a/x.png', '/a/y.1.tif'], [''], ['x', 'y.1']],
  [['/a/x.png', '/a/x.jpg'], [''], ['x_png', 'x_jpg']],
  [['/a/x.png', '/b/x.png'], [''], ['a-x', 'b-x']],
  [['/a/x.png', '/b/X.png'], [''], ['a-x', 'b-X']],
  [['/a/x.png', '/a/x.jpg', '/a/x_png.bmp'], [''], ['a-x', 'x_jpg', 'a-x_png']],
  [
    ['/a/x.png', '/a/x.jpg', '/b/x.png', '/b/x.jpg'],
    [''],
    ['a', 'b'].flatMap((folder) => [`${folder}-x_png`, `${folder}-x_jpg`]),
  ],
  [['/1/a/x.png', '/2/a/x.png', '/a/a-x_png-2.png'], [''], ['a-x_png', 'a-x_png-2', 'a-x_png-2-2']],
  [['/a/x.png', '/a/x_overlay.png'], [''], ['x', 'x_overlay']],
  [
    ['/a/x.png', '/a/x_overlay.png'],
    ['', '_overlay'],
    ['x_png', 'x_overlay_png'],
  ],
])('results of %j with %j are called %j', (images, suffixes, names) => {
  expect(outputNames(images, suffixes)).toEqual(names);
});

test('class names make endings that name one file each, in no other folder', () => {
  expect(probabilitySuffixes(['lesion'])).toEqual(['_probability']);
  expect(probabilitySuffixes(['GTVp/GTVn', '../../../x', 'A', 'a'])).toEqual([
    ...['_probability_GTVp%2fGTVn', '_probability_..%2f..%2f..%2fx'],
    ...['_probability_A', '_probability_a-2'],
  ]);
});

test('an image that would be overwritten is refused, also through links', async () => {
  const folder = await dataSet({ 'imgs/x.png': 'x', 'out/y.png': 'y' });
  const [image, out] = [join(folder, 'imgs', 'x.png'), join(folder, 'out')];
  const refused = (path: string) => {
    expect(() => refuseOverwriting([image], [join(out, 'y.png'), path])).toThrow(
      `${path}: is one of the images to predict, and its prediction would overwrite it; choose another folder for --out`,
    );
    expect(() => refuseOverwriting([image], [path])).toThrow(ConfigError);
  };
  symlinkSync(join(folder, 'imgs'), join(folder, 'linked'));
  symlinkSync(image, join(out, 'z.png'));
  linkSync(image, join(out, 'hard.png'));
  copyFileSync(image, join(out, 'copy.png'));
  for (const path of [image, join(folder, 'linked', 'x.png'), join(out, 'z.png')]) refused(path);
  refused(join(out, 'hard.png'));
  refuseOverwriting([image], [join(out, 'copy.png'), join(folder, 'imgs', 'none.png')]);
});
