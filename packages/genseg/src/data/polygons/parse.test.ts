import { expect, test } from 'vitest';
import { DataError } from '../../errors.ts';
import { parseAnnotation, parseCoco } from './parse.ts';

const triangle = [
  [1, 2],
  [9, 2],
  [5, 8],
];

test('Labelme: polygons, rectangles and circles; points and lines have no area', () => {
  const json = {
    shapes: [
      { label: 'cell', points: triangle },
      { label: 'box', points: [[1, 1], [4, 3]], shape_type: 'rectangle' }, // biome-ignore format: points
      { label: 'disk', points: [[5, 5], [5, 8]], shape_type: 'circle' }, // biome-ignore format: points
      { label: 'dot', points: [[1, 1]], shape_type: 'point' },
      { label: 'line', points: [[1, 1], [4, 3]], shape_type: 'line' }, // biome-ignore format: points
    ],
    imageWidth: 20,
    imageHeight: 10,
    imageData: null,
  };
  const { shapes, size } = parseAnnotation(json, 'a.json');
  expect(size).toEqual({ width: 20, height: 10 });
  expect(shapes.map(({ label }) => label)).toEqual(['cell', 'box', 'disk']);
  expect(shapes[0].rings).toEqual([triangle]);
  expect(shapes[1].rings[0]).toContainEqual([4, 1]);
  for (const [x, y] of shapes[2].rings[0]) expect(Math.hypot(x - 5, y - 5)).toBeCloseTo(3, 9);
});

test('GeoJSON: classes from QuPath or from a name, several polygons, holes', () => {
  const ring = [...triangle, triangle[0]];
  const feature = (geometry: object, properties?: object) => ({
    type: 'Feature',
    geometry,
    properties,
  });
  const json = {
    type: 'FeatureCollection',
    features: [
      feature(
        { type: 'Polygon', coordinates: [ring, ring] },
        { classification: { name: 'Tumor' } },
      ),
      feature({ type: 'MultiPolygon', coordinates: [[ring], [ring]] }, { name: 'stroma' }),
      feature({ type: 'Point', coordinates: [1, 1] }),
    ],
  };
  const { shapes } = parseAnnotation(json, 'a.geojson');
  expect(shapes.map(({ label }) => label)).toEqual(['Tumor', 'stroma', 'stroma']);
  expect(shapes[0].rings).toHaveLength(2);
  expect(parseAnnotation(json.features[0], 'a.geojson').shapes).toHaveLength(1);
});

const coco = (segmentation: unknown) => ({
  images: [
    { id: 7, file_name: 'a.png', width: 20, height: 10 },
    { id: 8, file_name: 'b.png' },
  ],
  annotations: [
    { image_id: 7, category_id: 2, segmentation },
    { image_id: 8, category_id: 1, segmentation: [[0, 0, 3, 0, 3, 3]] },
  ],
  categories: [
    { id: 1, name: 'cat' },
    { id: 2, name: 'dog' },
  ],
});

test('COCO: the polygons of the image asked for, under the category name', () => {
  const { shapes, size } = parseAnnotation(coco([[1, 2, 9, 2, 5, 8]]), 'a.json', '7');
  expect(size).toEqual({ width: 20, height: 10 });
  expect(shapes).toEqual([{ label: 'dog', rings: [triangle] }]);
});

test('run lengths and unknown JSON are refused by name', () => {
  const rle = coco({ counts: [1, 2], size: [10, 20] });
  expect(() => parseAnnotation(rle, 'a.json', '7')).toThrow(/a\.json: a\.png .*\(RLE\)/);
  expect(() => parseAnnotation({ hello: 1 }, 'b.json')).toThrow(DataError);
  expect(() => parseAnnotation({ hello: 1 }, 'b.json')).toThrow(/b\.json: is neither/);
  expect(parseCoco({ images: [] })).toBeUndefined();
});
