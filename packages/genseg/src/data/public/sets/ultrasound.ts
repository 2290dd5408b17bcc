/** Ultrasound: breast lesions (BUSI) and the heart (CAMUS, the segmentation part of ETAB). */
import { pictures } from '../pictures.ts';
import type { PublicSet } from '../public-set.ts';
import { slices } from '../slices.ts';

export const busi: PublicSet = {
  name: 'busi',
  title: 'BUSI: breast ultrasound images',
  homepage: 'https://scholar.cu.edu.eg/?q=afahmy/pages/dataset',
  licence: 'none found stated at the source; its article is CC BY 4.0',
  citation:
    'Al-Dhabyani et al. 2020, Dataset of breast ultrasound images, doi 10.1016/j.dib.2019.104863',
  known: 'as public loaders of Dataset_BUSI_with_GT read it; the archive itself was not opened.',
  classes: ['background', 'lesion'],
  image: '{kind:benign|malignant|normal} ({number:\\d+}).png',
  masks: [
    {
      path: '{kind:benign|malignant|normal} ({number:\\d+})_mask{part:(?:_\\d+)?}.png',
      class: 1,
      several: true,
    },
  ],
  id: ({ kind, number }) => `${kind}-${number.padStart(3, '0')}`,
  reader: pictures(),
  notes: [
    'Several lesions of an image (_mask_1, ...) are one mask. Benign and malignant lesions are one class; normal images have empty masks.',
    'File names do not identify patients, of whom there are 600 for 780 images.',
  ],
};

export const camus: PublicSet = {
  name: 'camus',
  title: 'CAMUS: the heart in two and four chambers, at the end of diastole and of systole',
  homepage:
    'https://humanheart-project.creatis.insa-lyon.fr/database/#collection/6373703d73e9f0047faa1bc8',
  licence: 'CC BY-NC-SA 4.0',
  citation:
    'Leclerc et al. 2019, Deep learning for segmentation using an open large-scale dataset in 2D echocardiography, doi 10.1109/TMI.2019.2900516; ETAB: Alaa et al. 2022, ETAB: a benchmark suite for visual representation learning in echocardiography',
  known:
    'folders, names and lists of the split as public loaders of CAMUS_public read them; the files themselves were not opened. That pictures stand upright as stored was not seen.',
  classes: ['background', 'left ventricle', 'myocardium', 'left atrium'],
  image: '{patient:patient\\d+}/{patient}_{view:[24]CH}_{time:ED|ES}.nii.gz',
  masks: [{ path: '{patient:patient\\d+}/{patient}_{view:[24]CH}_{time:ED|ES}_gt.nii.gz' }],
  id: ({ patient, view, time }) => `${patient}_${view}_${time}`,
  patient: ({ patient }) => patient,
  splitLists: [
    { path: 'subgroup_training.txt', split: 'train' },
    { path: 'subgroup_validation.txt', split: 'validation' },
    { path: 'subgroup_testing.txt', split: 'test' },
  ],
  reader: slices({ grays: 'stored', upright: false }),
  notes: [
    'The official split is kept where database_split/ was downloaded, else there is none. Half sequences are not read.',
    'Of the sets that ETAB draws on, only this one is read.',
  ],
};
