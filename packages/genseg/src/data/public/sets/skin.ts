/** Skin lesions: ISIC 2018, PH2, and the DermIS and DermQuest photographs of the University of Waterloo. */
import { pictures } from '../pictures.ts';
import type { PublicSet } from '../public-set.ts';
import { officialSplit } from './split.ts';

const classes = ['background', 'lesion'];

export const isic2018: PublicSet = {
  name: 'isic2018',
  title: 'ISIC 2018, task 1: lesion boundaries in dermoscopy',
  homepage: 'https://challenge.isic-archive.com/data/#2018',
  licence: 'CC BY-NC 4.0 (as listed for ISIC 2018; the page of the download has the last word)',
  citation:
    'Codella et al. 2019, Skin lesion analysis toward melanoma detection 2018, arXiv:1902.03368; Tschandl et al. 2018, The HAM10000 dataset, doi 10.1038/sdata.2018.161',
  known:
    'as public loaders of all six archives read them and as the challenge describes its files; the archives themselves were not opened.',
  classes,
  image: 'ISIC2018_Task1-2_{split:Training|Validation|Test}_Input/{id:ISIC_\\d+}.jpg',
  masks: [
    {
      path: 'ISIC2018_Task1_{split:Training|Validation|Test}_GroundTruth/{id:ISIC_\\d+}_segmentation.png',
      class: 1,
    },
  ],
  id: ({ id }) => id,
  split: officialSplit,
  reader: pictures(),
  notes: [
    'The official split is kept (train, validation, test); any of the three may be left away.',
    'File names do not identify patients: images of one patient may be on both sides of a drawn split.',
  ],
};

export const ph2: PublicSet = {
  name: 'ph2',
  title: 'PH2: dermoscopic images of Hospital Pedro Hispano',
  homepage: 'https://www.fc.up.pt/addi/ph2%20database.html',
  licence: 'research and education only; terms of the ADDI project, stated on its page',
  citation:
    'Mendonça et al. 2013, PH2: a dermoscopic image database for research and benchmarking, doi 10.1109/EMBC.2013.6610779',
  known: 'as public loaders of PH2Dataset read it; the archive itself was not opened.',
  classes,
  image: '{id:IMD\\d+}/{id}_Dermoscopic_Image/{id}.bmp',
  masks: [{ path: '{id:IMD\\d+}/{id}_lesion/{id}_lesion.bmp', class: 1 }],
  id: ({ id }) => id,
  reader: pictures(),
  notes: ['The outlines of colours within the lesion (_roi) are not read.'],
};

/** The two halves of the download, melanoma and not, have the same folders. */
const waterloo = (name: 'dermis' | 'dermquest', title: string, origin: string): PublicSet => ({
  name,
  title: `${title}: photographs of lesions, outlined at the University of Waterloo`,
  homepage: 'https://uwaterloo.ca/vision-image-processing-lab/research-demos/skin-cancer-detection',
  licence: `none found stated; the photographs come from ${origin}`,
  citation:
    'Glaister, Wong, Clausi 2014, Segmentation of skin lesions from digital images using joint statistical texture distinctiveness, doi 10.1109/TBME.2013.2297622',
  known:
    'as public loaders of both archives read it; the archives themselves were not opened. That _contour.png is a filled area and not a line was not seen.',
  classes,
  image: `{kind:melanoma|notmelanoma}/${name}/{name}_orig.jpg`,
  masks: [{ path: `{kind:melanoma|notmelanoma}/${name}/{name}_contour.png`, class: 1 }],
  id: ({ kind, name }) => `${kind}-${name}`,
  reader: pictures(),
  notes: [
    'Melanomas (Skin Image Data Set-1) and others (Set-2) are one set; ids begin with the kind.',
  ],
});

export const dermis = waterloo('dermis', 'DermIS', 'dermis.net');
export const dermquest = waterloo('dermquest', 'DermQuest', 'dermquest.com, which is gone');
