/** Volumes of the Medical Segmentation Decathlon, as axial slices. */
import type { PublicSet } from '../public-set.ts';
import { type Grays, slices } from '../slices.ts';

const decathlon = ({
  task,
  grays,
  note,
  ...set
}: Pick<PublicSet, 'name' | 'title' | 'classes'> & {
  task: string;
  grays: Grays;
  note: string;
}): PublicSet => ({
  ...set,
  homepage: 'http://medicaldecathlon.com',
  licence: 'CC BY-SA 4.0',
  citation:
    'Antonelli et al. 2022, The Medical Segmentation Decathlon, doi 10.1038/s41467-022-30695-9',
  known:
    'as its dataset.json and article describe it, class values too. Of task 4, 60 volumes were prepared and looked at; task 3 was not seen.',
  image: `${task}/imagesTr/{id}.nii.gz`,
  masks: [{ path: `${task}/labelsTr/{id}.nii.gz` }],
  id: ({ id }) => id,
  patient: ({ id }) => id,
  reader: slices({ grays, upright: true }),
  notes: [
    'Volumes were cut into axial slices, of which those with a label are kept, the front at the top and the right side of the patient on the left.',
    `${note} A volume counts as one patient; pixels have the sizes of data.csv.`,
    'imagesTs has no public labels and is not read.',
  ],
});

export const msdHippocampus = decathlon({
  name: 'msd-hippocampus',
  title: 'Medical Segmentation Decathlon, task 4: hippocampus on MR',
  classes: ['background', 'anterior', 'posterior'],
  task: 'Task04_Hippocampus',
  grays: 'percentiles',
  note: 'Values were scaled to 8 bits, the 0.5th to the 99.5th percentile of each volume.',
});

export const msdLiver = decathlon({
  name: 'msd-liver',
  title: 'Medical Segmentation Decathlon, task 3: liver and tumour on CT',
  classes: ['background', 'liver', 'tumour'],
  task: 'Task03_Liver',
  grays: [-160, 240],
  note: 'Values were scaled to 8 bits, -160 to 240 Hounsfield units, a usual window for the abdomen; train with --intensity dataset, so that they keep their meaning.',
});
