/** Lungs on chest X-rays: JSRT with the masks of SCR, the two NLM sets, COVID-QU-Ex. */
import { jsrtRaw, pictures } from '../pictures.ts';
import type { PublicSet } from '../public-set.ts';
import { officialSplit } from './split.ts';

const classes = ['background', 'lung'];
const nlm = 'https://lhncbc.nlm.nih.gov/LHC-downloads/downloads.html#tuberculosis-image-data-sets';
const jaeger =
  'Jaeger et al. 2014, Two public chest X-ray datasets for computer-aided screening of pulmonary diseases, doi 10.3978/j.issn.2223-4292.2014.11.20';

export const jsrt: PublicSet = {
  name: 'jsrt',
  title: 'JSRT chest X-rays with the lung masks of SCR',
  homepage: 'http://db.jsrt.or.jp/eng.php, masks: https://zenodo.org/records/7056076',
  licence:
    'X-rays: free for research after registration; masks of SCR: free for research and education, redistribution and commercial use prohibited',
  citation:
    'Shiraishi et al. 2000, Development of a digital image database for chest radiographs, doi 10.2214/ajr.174.1.1740071; van Ginneken et al. 2006, Segmentation of anatomical structures in chest radiographs, doi 10.1016/j.media.2005.02.002',
  known:
    'as several public loaders read it (All247images with raw .IMG files; scratch/fold1 and fold2 with GIF masks of 1024 px); size and 0.175 mm as SCR describes them. The files themselves were not opened.',
  classes,
  image: '{id:JPC(?:LN|NN)\\d{3}}.IMG',
  masks: [
    { path: 'masks/left lung/{id:JPC(?:LN|NN)\\d{3}}.gif', class: 1 },
    { path: 'masks/right lung/{id:JPC(?:LN|NN)\\d{3}}.gif', class: 1 },
  ],
  id: ({ id }) => id,
  reader: jsrtRaw({ side: 2048, spacing: 0.175 }),
  notes: [
    'The raw X-rays were halved to 1024 x 1024 (means of 2 x 2 pixels of 0.175 mm), the size of the masks, turned to bright bones and stored as 16-bit PNG.',
    'Left and right lung are one class. The folds of SCR are not kept as a split; hearts and clavicles are not read.',
  ],
};

export const montgomery: PublicSet = {
  name: 'montgomery',
  title: 'NLM Montgomery County chest X-rays',
  homepage: nlm,
  licence: 'free for research; the National Library of Medicine is to be named as its source',
  citation: `${jaeger}; Candemir et al. 2014, doi 10.1109/TMI.2013.2290491`,
  known:
    'as public loaders of NLM-MontgomeryCXRSet.zip read it; 0.0875 mm as its readme states. The archive itself was not opened.',
  classes,
  image: 'CXR_png/{id:MCUCXR_\\d+_[01]}.png',
  masks: [
    { path: 'ManualMask/leftMask/{id:MCUCXR_\\d+_[01]}.png', class: 1 },
    { path: 'ManualMask/rightMask/{id:MCUCXR_\\d+_[01]}.png', class: 1 },
  ],
  id: ({ id }) => id,
  reader: pictures({ spacing: 0.0875 }),
  notes: ['Left and right lung are one class. A trailing 1 in an id marks tuberculosis.'],
};

export const shenzhen: PublicSet = {
  name: 'shenzhen',
  title: 'NLM Shenzhen chest X-rays with the lung masks of Stirenko et al.',
  homepage: `${nlm}, masks: https://www.kaggle.com/datasets/yoctoman/shcxr-lung-mask`,
  licence:
    'X-rays: free for research, the National Library of Medicine is to be named; masks: CC BY-NC-SA 4.0',
  citation: `${jaeger}; masks: Stirenko et al. 2018, Chest X-ray analysis of tuberculosis by deep learning with segmentation and augmentation, arXiv:1803.01199`,
  known: 'as public loaders read both downloads; the archives themselves were not opened.',
  classes,
  image: 'CXR_png/{id:CHNCXR_\\d+_[01]}.png',
  masks: [{ path: '{id:CHNCXR_\\d+_[01]}_mask.png', class: 1 }],
  someUnlabelled: true,
  id: ({ id }) => id,
  reader: pictures(),
  notes: [
    'Unpack the X-rays and the masks into one folder. 566 of the 662 X-rays have a mask; the others are unlabelled.',
    'A trailing 1 in an id marks tuberculosis.',
  ],
};

export const covidQuEx: PublicSet = {
  name: 'covid-qu-ex',
  title: 'COVID-QU-Ex: lungs of 33,920 chest X-rays',
  homepage: 'https://www.kaggle.com/datasets/anasmohammedtahir/covidqu',
  licence: 'as stated on its page at Kaggle, which was not seen',
  citation:
    'Tahir et al. 2021, COVID-19 infection localization and severity grading from chest X-ray images, doi 10.1016/j.compbiomed.2021.105002; Rahman et al. 2021, doi 10.1016/j.compbiomed.2021.104319',
  known: 'as public loaders of covidqu.zip read it; the archive itself was not opened.',
  classes,
  image:
    'Lung Segmentation Data/{split:Train|Val|Test}/{kind:COVID-19|Non-COVID|Normal}/images/{name}.png',
  masks: [
    {
      path: 'Lung Segmentation Data/{split:Train|Val|Test}/{kind:COVID-19|Non-COVID|Normal}/lung masks/{name}.png',
      class: 1,
    },
  ],
  id: ({ kind, name }) => `${kind}-${name}`,
  split: officialSplit,
  reader: pictures(),
  notes: [
    'The official split is kept (train, validation, test). File names do not identify patients.',
    'Masks of infections, and the second half of the download (Infection Segmentation Data), are not read.',
  ],
};
