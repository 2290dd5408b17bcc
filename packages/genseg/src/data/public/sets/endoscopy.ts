/** Polyps in colonoscopy, and vessels of the placenta in fetoscopy. */
import { pictures } from '../pictures.ts';
import type { PublicSet } from '../public-set.ts';

/** First frames of the 29 sequences of CVC-ClinicDB, as public loaders list them; frame 612 is the last. */
const firstFrames = [
  ...[1, 26, 51, 68, 79, 104, 127, 152, 178, 200, 206, 228, 253, 278, 298, 318, 343, 364, 384],
  ...[409, 429, 448, 467, 479, 504, 529, 547, 572, 592],
];

export const cvcClinicDb: PublicSet = {
  name: 'cvc-clinicdb',
  title: 'CVC-ClinicDB: polyps in 612 frames of colonoscopy',
  homepage: 'https://polyp.grand-challenge.org/CVCClinicDB/',
  licence:
    'research and education only; images: Hospital Clinic, masks: Computer Vision Center, both Barcelona',
  citation:
    'Bernal et al. 2015, WM-DOVA maps for accurate polyp highlighting in colonoscopy, doi 10.1016/j.compmedimag.2015.02.007',
  known:
    'as public loaders of the original (.tif) and of its copies (PNG/ or TIF/) read it, with their list of sequences; the archive itself was not opened.',
  classes: ['background', 'polyp'],
  image: '{above:(?:.*/)?}Original/{frame:\\d+}.{type:tif|tiff|png}',
  masks: [
    {
      path: '{above:(?:.*/)?}Ground{space:[ _]?}Truth/{frame:\\d+}.{maskType:tif|tiff|png}',
      class: 1,
    },
  ],
  id: ({ frame }) => frame.padStart(3, '0'),
  patient: ({ frame }) => {
    const sequence = firstFrames.findLastIndex((first) => first <= Number(frame)) + 1;
    return `sequence${String(sequence).padStart(2, '0')}`;
  },
  reader: pictures(),
  notes: [
    'Frames of one of the 29 sequences count as one patient; which sequences show the same patient is not known.',
    'Of a copy with both PNG/ and TIF/, give one of the two.',
  ],
};

export const kvasirSeg: PublicSet = {
  name: 'kvasir-seg',
  title: 'Kvasir-SEG: 1,000 polyps',
  homepage: 'https://datasets.simula.no/kvasir-seg/',
  licence: 'research and education only; other uses need a permission',
  citation:
    'Jha et al. 2020, Kvasir-SEG: a segmented polyp dataset, doi 10.1007/978-3-030-37734-2_37',
  known: 'as its page and public loaders describe it; the archive itself was not opened.',
  classes: ['background', 'polyp'],
  image: 'images/{id}.jpg',
  masks: [{ path: 'masks/{id}.jpg', class: 1 }],
  id: ({ id }) => id,
  reader: pictures(),
  notes: [
    'The masks are JPEG files; gray values of 128 and more are foreground.',
    'File names do not identify patients.',
  ],
};

export const fetReg: PublicSet = {
  name: 'fetreg',
  title: 'FetReg 2021, task 1: vessels, tool and fetus in fetoscopy',
  homepage: 'https://www.synapse.org/#!Synapse:syn25313156',
  licence: 'as stated at Synapse, which was not seen',
  citation:
    'Bano et al. 2021, FetReg: placental vessel segmentation and registration in fetoscopy challenge dataset, arXiv:2106.05923; Bano et al. 2024, Placental vessel segmentation and registration in fetoscopy, doi 10.1016/j.media.2023.103066',
  known:
    'folders and class values as a published description of the download shows them; the download itself was not opened.',
  classes: ['background', 'vessel', 'tool', 'fetus'],
  image: '{above:.*}/{video:Video\\d+}/images/{frame}.png',
  masks: [{ path: '{above:.*}/{video:Video\\d+}/labels/{frame}.png' }],
  id: ({ video, frame }) => (frame.startsWith(video) ? frame : `${video}_${frame}`),
  patient: ({ video }) => video,
  split: ({ above }) => (/(^|\/)test(\/|$)/i.test(above) ? 'test' : 'train'),
  reader: pictures(),
  notes: [
    'A video is one patient. What lies in a folder Test is the test set.',
    'The unlabelled clips of task 2 are not read.',
  ],
};
