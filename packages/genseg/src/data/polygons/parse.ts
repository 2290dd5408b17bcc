/**
 * Reads polygon annotations: Labelme (one JSON per image), GeoJSON in pixels (QuPath; one file per
 * image) and COCO (one JSON for many images). Points and lines have no area and are left out.
 */
import { z } from 'zod';
import { DataError } from '../../errors.ts';
import type { Size } from '../image/image.ts';
import type { Point, Shape } from './rasterise.ts';

/** The shapes of one image; `size` where the file tells it. */
export interface Annotation {
  readonly shapes: readonly Shape[];
  readonly size?: Size;
}

const point = z.tuple([z.number(), z.number()], z.number());
const side = z.int().positive();

const labelme = z.object({
  shapes: z.array(
    z.object({
      label: z.string(),
      points: z.array(point),
      shape_type: z.string().default('polygon'),
    }),
  ),
  imageWidth: side.optional(),
  imageHeight: side.optional(),
});

const geometry = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Polygon'), coordinates: z.array(z.array(point)) }),
  z.object({ type: z.literal('MultiPolygon'), coordinates: z.array(z.array(z.array(point))) }),
  z.object({ type: z.enum(['Point', 'MultiPoint', 'LineString', 'MultiLineString']) }),
]);
const feature = z.object({
  type: z.literal('Feature'),
  geometry,
  properties: z
    .looseObject({ classification: z.object({ name: z.string() }).optional() })
    .nullish(),
});
const geojson = z.union([
  z.object({ type: z.literal('FeatureCollection'), features: z.array(feature) }),
  z.array(feature),
  feature,
]);

const key = z.union([z.string(), z.number()]).transform(String);
const coco = z.object({
  images: z.array(
    z.object({ id: key, file_name: z.string(), width: side.optional(), height: side.optional() }),
  ),
  annotations: z.array(
    z.object({ image_id: key, category_id: key, segmentation: z.unknown().optional() }),
  ),
  categories: z.array(z.object({ id: key, name: z.string() })),
});

export type Coco = z.infer<typeof coco>;

/** The COCO data in a parsed JSON value, or undefined where it is something else. */
export const parseCoco = (json: unknown): Coco | undefined => coco.safeParse(json).data;

/** The annotation of one image in a parsed file; `file` is only for messages. @throws DataError */
export function parseAnnotation(json: unknown, file: string, entry?: string): Annotation {
  if (entry !== undefined) return cocoShapes(parseCoco(json)!, file, entry);
  const asLabelme = labelme.safeParse(json);
  if (asLabelme.success) return labelmeShapes(asLabelme.data);
  const asGeojson = geojson.safeParse(json);
  if (asGeojson.success) return { shapes: geojsonShapes(asGeojson.data) };
  throw new DataError(
    `${file}: is neither Labelme nor GeoJSON polygons; export the annotation in one of these, or as a PNG mask`,
  );
}

function labelmeShapes({ shapes, imageWidth, imageHeight }: z.infer<typeof labelme>): Annotation {
  const size = imageWidth && imageHeight ? { width: imageWidth, height: imageHeight } : undefined;
  return {
    size,
    shapes: shapes.flatMap(({ label, points, shape_type }): Shape[] => {
      const corners = points.map(([x, y]): Point => [x, y]);
      const ring = labelmeRing(corners, shape_type);
      return ring ? [{ label, rings: [ring] }] : [];
    }),
  };
}

function labelmeRing(points: readonly Point[], type: string): readonly Point[] | undefined {
  if (type === 'polygon') return points;
  if (points.length < 2) return undefined;
  const [[x0, y0], [x1, y1]] = points;
  if (type === 'rectangle') {
    return [
      [x0, y0],
      [x1, y0],
      [x1, y1],
      [x0, y1],
    ];
  }
  if (type !== 'circle') return undefined;
  const radius = Math.hypot(x1 - x0, y1 - y0); // a centre and a point on the circle
  return Array.from({ length: 64 }, (_, i): Point => {
    const angle = (2 * Math.PI * i) / 64;
    return [x0 + radius * Math.cos(angle), y0 + radius * Math.sin(angle)];
  });
}

function geojsonShapes(json: z.infer<typeof geojson>): Shape[] {
  const features = Array.isArray(json) ? json : json.type === 'Feature' ? [json] : json.features;
  return features.flatMap(({ geometry, properties }) => {
    const label = String(
      properties?.classification?.name ?? properties?.label ?? properties?.name ?? 'foreground',
    );
    const polygons =
      geometry.type === 'Polygon'
        ? [geometry.coordinates]
        : geometry.type === 'MultiPolygon'
          ? geometry.coordinates
          : [];
    return polygons.map((rings) => ({
      label,
      rings: rings.map((ring) => ring.map(([x, y]): Point => [x, y])),
    }));
  });
}

function cocoShapes(
  { images, annotations, categories }: Coco,
  file: string,
  entry: string,
): Annotation {
  const image = images.find(({ id }) => id === entry)!;
  const names = new Map(categories.map(({ id, name }) => [id, name]));
  const shapes = annotations
    .filter(({ image_id }) => image_id === entry)
    .flatMap(({ category_id, segmentation = [] }) => {
      const polygons = z.array(z.array(z.number())).safeParse(segmentation);
      if (!polygons.success) {
        throw new DataError(
          `${file}: ${image.file_name} is annotated with run lengths (RLE), which are not read; export polygons or PNG masks`,
        );
      }
      const label = names.get(category_id) ?? `category ${category_id}`;
      return polygons.data.map((flat) => ({ label, rings: [pairs(flat)] }));
    });
  const { width, height } = image;
  return { shapes, size: width && height ? { width, height } : undefined };
}

const pairs = (flat: readonly number[]): Point[] =>
  Array.from({ length: Math.floor(flat.length / 2) }, (_, i) => [flat[2 * i], flat[2 * i + 1]]);
