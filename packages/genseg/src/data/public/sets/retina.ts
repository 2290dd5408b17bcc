/** Fluid in the retina, on optical coherence tomography. */
import { pictures } from '../pictures.ts';
import type { PublicSet } from '../public-set.ts';

export const icFluid: PublicSet = {
  name: 'icfluid',
  title: 'Intraretinal cystoid fluid (ICFluid)',
  homepage: 'https://www.kaggle.com/datasets/zeeshanahmed13/intraretinal-cystoid-fluid',
  licence: 'CC BY-NC-SA 4.0 as others list it; its page at Kaggle was not seen',
  citation:
    'Ahmed et al. 2022, Deep learning based automated detection of intraretinal cystoid fluid, doi 10.1002/ima.22662',
  known:
    'as public loaders of 2021-training-data-ZA read it, the stray mask too; the archive itself was not opened. One of them fills holes in the masks, which is not done here.',
  classes: ['background', 'fluid'],
  image: '{number:\\d*}{rest:(?!\\d)[^/]*}/images/{image}.{type:jpe?g|png|tiff?|bmp}',
  masks: [
    {
      path: '{number:\\d*}{rest:(?!\\d)[^/]*}/masks/{number}{tail:(?!\\d)[^/]*}.{maskType:jpe?g|png|tiff?|bmp}',
      class: 1,
    },
  ],
  id: ({ number, rest }) => `${number}${rest}`,
  reader: pictures(),
  notes: [
    'A mask counts only if its name begins with the number of its folder: 815DME_F holds a stray one of another image.',
    'File names do not identify patients.',
  ],
};
