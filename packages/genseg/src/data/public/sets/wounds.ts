/** Foot ulcers and other wounds: three sets in one repository of the University of Wisconsin-Milwaukee. */
import { pictures } from '../pictures.ts';
import type { PublicSet } from '../public-set.ts';
import { officialSplit } from './split.ts';

const homepage = 'https://github.com/uwm-bigdata/wound-segmentation';
const classes = ['background', 'wound'];
const wang =
  'Wang et al. 2020, Fully automatic wound segmentation with deep convolutional neural networks, doi 10.1038/s41598-020-78799-w';

export const fuseg: PublicSet = {
  name: 'fuseg',
  title: 'FUSeg: foot ulcer segmentation challenge 2021',
  homepage,
  licence: 'none found stated in the repository; others list CC0 1.0 for the challenge',
  citation: `Wang et al. 2024, FUSeg: the foot ulcer segmentation challenge, doi 10.3390/info15030140; ${wang}`,
  known: 'as its readme and a partial listing of the repository show it; no file was opened.',
  classes,
  image: 'Foot Ulcer Segmentation Challenge/{split:train|validation|test}/images/{id}.png',
  masks: [
    {
      path: 'Foot Ulcer Segmentation Challenge/{split:train|validation|test}/labels/{id}.png',
      class: 1,
    },
  ],
  someUnlabelled: true,
  id: ({ split, id }) => `${split}-${id}`,
  split: officialSplit,
  reader: pictures(),
  notes: [
    'The official split is kept. The 200 test images have no public masks: they are unlabelled, and there is no test set.',
    'Photographs come from 889 patients, but file names do not tell which.',
  ],
};

export const azh: PublicSet = {
  name: 'azh',
  title: 'AZH: chronic wounds of the AZH Wound and Vascular Center, 224 px patches',
  homepage: `${homepage} (data/wound_dataset/azh_wound_care_center_dataset_patches.zip)`,
  licence: 'none found stated in the repository',
  citation: wang,
  known: 'folders and names as public loaders read them; the archive itself was not opened.',
  classes,
  image: 'azh_wound_care_center_dataset_patches/{split:train|test}/images/{photo}_{part:\\d+}.png',
  masks: [
    {
      path: 'azh_wound_care_center_dataset_patches/{split:train|test}/labels/{photo}_{part:\\d+}.png',
      class: 1,
    },
  ],
  id: ({ photo, part }) => `${photo}_${part}`,
  patient: ({ photo }) => photo,
  split: officialSplit,
  reader: pictures(),
  notes: ['The official split is kept. Patches of one photograph count as one patient.'],
};

export const medetec: PublicSet = {
  name: 'medetec',
  title: 'Medetec foot ulcers, 224 px',
  homepage: `${homepage} (data/Medetec_foot_ulcer_224), photographs: http://www.medetec.co.uk`,
  licence: 'none found stated in the repository; the photographs are those of Medetec',
  citation: wang,
  known:
    'as the listing of the repository shows it: 152 images and as many masks; no file was opened.',
  classes,
  image:
    'Medetec_foot_ulcer_224/{half:train|test}/images/{photo:foot-ulcer-[\\d-]+}{part:(?:_\\d+)?}.png',
  masks: [
    {
      path: 'Medetec_foot_ulcer_224/{maskHalf:train|test}/labels/{photo:foot-ulcer-[\\d-]+}{part:(?:_\\d+)?}.png',
      class: 1,
    },
  ],
  id: ({ photo, part }) => `${photo}${part}`,
  patient: ({ photo }) => photo,
  reader: pictures(),
  notes: [
    'Its own halves are not kept as a split: foot-ulcer-0028 is in both, and of it and of foot-ulcer-0027 images and masks lie in different halves. They are paired by name.',
    'Pictures of one number (foot-ulcer-0001, foot-ulcer-0001_1, ...) count as one patient.',
  ],
};
