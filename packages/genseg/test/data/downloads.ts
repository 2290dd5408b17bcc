/** Small look-alikes of public data sets' official downloads: their folders and names, other pictures. */
import sharp from 'sharp';
import { picture, png, square } from './fixtures.ts';
import { nifti } from './volume-files.ts';

/** A look-alike, and what must become of it. */
export interface Download {
  readonly name: string;
  readonly files: Record<string, unknown>;
  /** By id: split, patient, mm per pixel and pixels of each class. */
  readonly cases: Record<
    string,
    readonly [
      split: string | null,
      patient: string | null,
      spacing: number | null,
      labels: number[],
    ]
  >;
  readonly unlabelled?: readonly string[];
}

const colour = (seed: number) => {
  const [r, g, b] = [picture(seed), picture(seed + 100), picture(seed + 200)];
  return Uint8Array.from({ length: 3 * r.length }, (_, i) => [r, g, b][i % 3][Math.floor(i / 3)]);
};
const rgb = (seed: number) => png(colour(seed), { channels: 3 });
const gray = (seed: number) => png(picture(seed));

const source = (data: Uint8Array, channels: 1 | 3, width = 16) =>
  sharp(data, { raw: { width, height: data.length / width / channels, channels } });
const jpeg = (seed: number) => source(colour(seed), 3).jpeg({ quality: 95 }).toBuffer();
const jpegMask = (mask: Uint8Array) => source(mask, 1).jpeg({ quality: 90 }).toBuffer();
const gif = (mask: Uint8Array, width: number) => source(mask, 1, width).gif().toBuffer();
const tiff = (data: Uint8Array, channels: 1 | 3) => source(data, channels).tiff().toBuffer();

/** A 24-bit bitmap, 16 px wide, rows from the bottom. */
function bmp(pixel: (x: number, y: number) => readonly [r: number, g: number, b: number]) {
  const bytes = new Uint8Array(54 + 3 * 256);
  const view = new DataView(bytes.buffer);
  bytes.set([0x42, 0x4d]);
  view.setUint32(10, 54, true);
  view.setUint32(14, 40, true);
  view.setInt32(18, 16, true);
  view.setInt32(22, 16, true);
  view.setUint16(28, 24, true);
  for (let i = 0; i < 256; i++) {
    const [r, g, b] = pixel(i % 16, 15 - Math.floor(i / 16));
    bytes.set([b, g, r], 54 + 3 * i);
  }
  return bytes;
}

/** JSRT's format: 2048 x 2048 big-endian 16-bit numbers; here a ramp from 0 to 4095. */
export function jsrtImage(side = 2048): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * side * side));
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++)
      view.setUint16(2 * (y * side + x), (4095 * (x + y)) / (2 * side));
  }
  return new Uint8Array(view.buffer);
}

const lesion = png(square());
const small = (value = 255) => square({ on: value, from: 2, to: 4 });
const large = (value = 255) => square({ on: value, from: 6, to: 10 });
/** Pixels of background and of a square of this side, in 16 x 16. */
const one = (side: number) => [256 - side * side, side * side];

/** 12 x 10 x 4 voxels; label 1 in a corner of slice 1 (first and second axis below 3), 2 in all of slice 2. */
const voxels = (value: (x: number, y: number, z: number) => number) =>
  Int16Array.from({ length: 480 }, (_, i) =>
    value(i % 12, Math.floor(i / 12) % 10, Math.floor(i / 120)),
  );
const labelVolume = voxels((x, y, z) => (z === 2 ? 2 : z === 1 && x < 3 && y < 3 ? 1 : 0));
const anisotropic = [
  [0.5, 0, 0],
  [0, 0.75, 0],
  [0, 0, 2],
];

export async function downloads(): Promise<Download[]> {
  const echo = (value: number) => Uint8Array.from({ length: 256 }, (_, i) => (i * 7 + value) % 256);
  const quadrants = Uint8Array.from(
    { length: 256 },
    (_, i) => (i % 16 < 8 ? 0 : 1) + (i < 128 ? 0 : 2),
  );
  const camusFiles = (patient: string, seed: number) => ({
    [`CAMUS_public/database_nifti/${patient}/${patient}_2CH_ED.nii.gz`]: nifti(
      [16, 16],
      echo(seed),
      {
        affine: [
          [0.3, 0, 0],
          [0, 0.3, 0],
          [0, 0, 1],
        ],
      },
    ),
    [`CAMUS_public/database_nifti/${patient}/${patient}_2CH_ED_gt.nii.gz`]: nifti(
      [16, 16],
      quadrants,
    ),
    [`CAMUS_public/database_nifti/${patient}/${patient}_2CH_half_sequence.nii.gz`]: nifti(
      [16, 16, 2],
      new Uint8Array(512),
    ),
  });
  return [
    {
      name: 'isic2018',
      files: {
        'ISIC2018_Task1-2_Training_Input/ISIC_0000000.jpg': await jpeg(1),
        'ISIC2018_Task1_Training_GroundTruth/ISIC_0000000_segmentation.png': lesion,
        'ISIC2018_Task1-2_Validation_Input/ISIC_0012255.jpg': await jpeg(2),
        'ISIC2018_Task1_Validation_GroundTruth/ISIC_0012255_segmentation.png': lesion,
        'ISIC2018_Task1-2_Test_Input/ISIC_0012169.jpg': await jpeg(3),
        'ISIC2018_Task1-2_Test_Input/ATTRIBUTION.txt': 'who made them',
        'ISIC2018_Task1_Test_GroundTruth/ISIC_0012169_segmentation.png': png(small()),
      },
      cases: {
        ISIC_0000000: ['train', null, null, one(8)],
        ISIC_0012255: ['validation', null, null, one(8)],
        ISIC_0012169: ['test', null, null, one(2)],
      },
    },
    {
      name: 'ph2',
      files: {
        'PH2Dataset/PH2 Dataset images/IMD002/IMD002_Dermoscopic_Image/IMD002.bmp': bmp((x, y) => [
          x * 9,
          y * 9,
          90,
        ]),
        'PH2Dataset/PH2 Dataset images/IMD002/IMD002_lesion/IMD002_lesion.bmp': bmp((x, y) =>
          Math.max(x, y) < 4 ? [255, 255, 255] : [0, 0, 0],
        ),
        'PH2Dataset/PH2 Dataset images/IMD002/IMD002_roi/IMD002_R1_Label3.bmp': bmp(() => [
          0, 0, 0,
        ]),
        'PH2Dataset/PH2_dataset.txt': '|| IMD002 ||',
      },
      cases: { IMD002: [null, null, null, one(4)] },
    },
    ...(['dermis', 'dermquest'] as const).map((name) => ({
      name,
      files: {
        [`Skin Image Data Set-1/skin_data/melanoma/${name}/1_orig.jpg`]: png(colour(4), {
          channels: 3,
        }),
        [`Skin Image Data Set-1/skin_data/melanoma/${name}/1_contour.png`]: lesion,
        [`Skin Image Data Set-2/skin_data/notmelanoma/${name}/1_orig.jpg`]: png(colour(5), {
          channels: 3,
        }),
        [`Skin Image Data Set-2/skin_data/notmelanoma/${name}/1_contour.png`]: png(small()),
      },
      cases: {
        'melanoma-1': [null, null, null, one(8)],
        'notmelanoma-1': [null, null, null, one(2)],
      } as Download['cases'],
    })),
    {
      name: 'jsrt',
      files: {
        'All247images/JPCLN001.IMG': jsrtImage(),
        'scratch/fold1/masks/left lung/JPCLN001.gif': await gif(
          square({ width: 1024, height: 1024, from: 600, to: 900 }),
          1024,
        ),
        'scratch/fold1/masks/right lung/JPCLN001.gif': await gif(
          square({ width: 1024, height: 1024, from: 100, to: 300 }),
          1024,
        ),
        'scratch/fold1/masks/heart/JPCLN001.gif': await gif(
          square({ width: 1024, height: 1024, from: 400, to: 500 }),
          1024,
        ),
      },
      cases: {
        JPCLN001: [null, null, 0.35, [1024 ** 2 - 300 ** 2 - 200 ** 2, 300 ** 2 + 200 ** 2]],
      },
    },
    {
      name: 'montgomery',
      files: {
        'MontgomerySet/CXR_png/MCUCXR_0001_0.png': gray(6),
        'MontgomerySet/ManualMask/leftMask/MCUCXR_0001_0.png': png(small(1)),
        'MontgomerySet/ManualMask/rightMask/MCUCXR_0001_0.png': png(large(255)),
        'MontgomerySet/ClinicalReadings/MCUCXR_0001_0.txt': "Patient's Sex: F",
      },
      cases: { MCUCXR_0001_0: [null, null, 0.0875, [256 - 20, 20]] },
    },
    {
      name: 'shenzhen',
      files: {
        'ChinaSet_AllFiles/CXR_png/CHNCXR_0001_0.png': gray(7),
        'ChinaSet_AllFiles/CXR_png/CHNCXR_0025_0.png': gray(8),
        'mask/CHNCXR_0001_0_mask.png': lesion,
      },
      cases: { CHNCXR_0001_0: [null, null, null, one(8)] },
      unlabelled: ['CHNCXR_0025_0'],
    },
    {
      name: 'covid-qu-ex',
      files: {
        'Lung Segmentation Data/Lung Segmentation Data/Train/COVID-19/images/covid_1.png': gray(9),
        'Lung Segmentation Data/Lung Segmentation Data/Train/COVID-19/lung masks/covid_1.png':
          lesion,
        'Lung Segmentation Data/Lung Segmentation Data/Val/Normal/images/Normal (2).png': gray(10),
        'Lung Segmentation Data/Lung Segmentation Data/Val/Normal/lung masks/Normal (2).png':
          lesion,
        'Lung Segmentation Data/Lung Segmentation Data/Test/Non-COVID/images/non_COVID (3).png':
          gray(11),
        'Lung Segmentation Data/Lung Segmentation Data/Test/Non-COVID/lung masks/non_COVID (3).png':
          png(small()),
        'Infection Segmentation Data/Infection Segmentation Data/Train/COVID-19/images/covid_1.png':
          gray(9),
        'Infection Segmentation Data/Infection Segmentation Data/Train/COVID-19/lung masks/covid_1.png':
          lesion,
      },
      cases: {
        'COVID-19-covid_1': ['train', null, null, one(8)],
        'Normal-Normal (2)': ['validation', null, null, one(8)],
        'Non-COVID-non_COVID (3)': ['test', null, null, one(2)],
      },
    },
    {
      name: 'cvc-clinicdb',
      files: {
        'CVC-ClinicDB/Original/25.tif': await tiff(colour(12), 3),
        'CVC-ClinicDB/Ground Truth/25.tif': await tiff(square(), 1),
        'CVC-ClinicDB/Original/26.tif': await tiff(colour(13), 3),
        'CVC-ClinicDB/Ground Truth/26.tif': await tiff(small(), 1),
        'CVC-ClinicDB/Original/612.tif': await tiff(colour(14), 3),
        'CVC-ClinicDB/Ground Truth/612.tif': await tiff(small(), 1),
      },
      cases: {
        '025': [null, 'sequence01', null, one(8)],
        '026': [null, 'sequence02', null, one(2)],
        '612': [null, 'sequence29', null, one(2)],
      },
    },
    {
      name: 'kvasir-seg',
      files: {
        'Kvasir-SEG/images/cju0qkwl35piu0993l0dewei2.jpg': await jpeg(15),
        'Kvasir-SEG/masks/cju0qkwl35piu0993l0dewei2.jpg': await jpegMask(
          square({ from: 0, to: 8 }),
        ),
        'Kvasir-SEG/kavsir_bboxes.json': {},
      },
      cases: { cju0qkwl35piu0993l0dewei2: [null, null, null, one(8)] },
    },
    {
      name: 'fetreg',
      files: {
        'Train/Train_FetReg2021_Task1_Segmentation/Video001/images/Video001_frame00500.png':
          rgb(16),
        'Train/Train_FetReg2021_Task1_Segmentation/Video001/labels/Video001_frame00500.png':
          png(quadrants),
        'Test/Train_FetReg2021_Task1_Segmentation/Video010/images/Video010_frame0Video010_00000.png':
          rgb(17),
        'Test/Train_FetReg2021_Task1_Segmentation/Video010/labels/Video010_frame0Video010_00000.png':
          png(small(3)),
      },
      cases: {
        Video001_frame00500: ['train', 'Video001', null, [64, 64, 64, 64]],
        Video010_frame0Video010_00000: ['test', 'Video010', null, [252, 0, 0, 4]],
      },
    },
    {
      name: 'fuseg',
      files: {
        'data/Foot Ulcer Segmentation Challenge/train/images/0001.png': rgb(18),
        'data/Foot Ulcer Segmentation Challenge/train/labels/0001.png': lesion,
        'data/Foot Ulcer Segmentation Challenge/validation/images/0001.png': rgb(19),
        'data/Foot Ulcer Segmentation Challenge/validation/labels/0001.png': png(small()),
        'data/Foot Ulcer Segmentation Challenge/test/images/0018.png': rgb(20),
        'data/Medetec_foot_ulcer_224/train/images/foot-ulcer-0001.png': rgb(21),
      },
      cases: {
        'train-0001': ['train', null, null, one(8)],
        'validation-0001': ['validation', null, null, one(2)],
      },
      unlabelled: ['test-0018'],
    },
    {
      name: 'azh',
      files: {
        'azh_wound_care_center_dataset_patches/train/images/b99276bf857375e2_0.png': rgb(22),
        'azh_wound_care_center_dataset_patches/train/labels/b99276bf857375e2_0.png': lesion,
        'azh_wound_care_center_dataset_patches/train/images/b99276bf857375e2_1.png': rgb(23),
        'azh_wound_care_center_dataset_patches/train/labels/b99276bf857375e2_1.png': lesion,
        'azh_wound_care_center_dataset_patches/test/images/e7d099b05fc99c39_0.png': rgb(24),
        'azh_wound_care_center_dataset_patches/test/labels/e7d099b05fc99c39_0.png': png(small()),
      },
      cases: {
        b99276bf857375e2_0: ['train', 'b99276bf857375e2', null, one(8)],
        b99276bf857375e2_1: ['train', 'b99276bf857375e2', null, one(8)],
        e7d099b05fc99c39_0: ['test', 'e7d099b05fc99c39', null, one(2)],
      },
    },
    {
      name: 'medetec',
      files: {
        'Medetec_foot_ulcer_224/train/images/foot-ulcer-0028.png': rgb(25),
        'Medetec_foot_ulcer_224/test/labels/foot-ulcer-0028.png': lesion,
        'Medetec_foot_ulcer_224/test/images/foot-ulcer-0028_2.png': rgb(26),
        'Medetec_foot_ulcer_224/train/labels/foot-ulcer-0028_2.png': png(small()),
        'Medetec_foot_ulcer_224/train/images/foot-ulcer-2-1_3.png': rgb(27),
        'Medetec_foot_ulcer_224/train/labels/foot-ulcer-2-1_3.png': png(small()),
        'Medetec_foot_ulcer_224/test/predictions/2019-12-19/foot-ulcer-0028.png': lesion,
      },
      cases: {
        'foot-ulcer-0028': [null, 'foot-ulcer-0028', null, one(8)],
        'foot-ulcer-0028_2': [null, 'foot-ulcer-0028', null, one(2)],
        'foot-ulcer-2-1_3': [null, 'foot-ulcer-2-1', null, one(2)],
      },
    },
    {
      name: 'busi',
      files: {
        'Dataset_BUSI_with_GT/benign/benign (1).png': rgb(28),
        'Dataset_BUSI_with_GT/benign/benign (1)_mask.png': lesion,
        'Dataset_BUSI_with_GT/benign/benign (100).png': rgb(29),
        'Dataset_BUSI_with_GT/benign/benign (100)_mask.png': png(small()),
        'Dataset_BUSI_with_GT/benign/benign (100)_mask_1.png': png(large()),
        'Dataset_BUSI_with_GT/normal/normal (1).png': rgb(30),
        'Dataset_BUSI_with_GT/normal/normal (1)_mask.png': png(new Uint8Array(256)),
      },
      cases: {
        'benign-001': [null, null, null, one(8)],
        'benign-100': [null, null, null, [256 - 20, 20]],
        'normal-001': [null, null, null, [256, 0]],
      },
    },
    {
      name: 'camus',
      files: {
        ...camusFiles('patient0001', 0),
        ...camusFiles('patient0002', 40),
        'CAMUS_public/database_split/subgroup_training.txt': 'patient0001\n',
        'CAMUS_public/database_split/subgroup_validation.txt': 'patient0003\n',
        'CAMUS_public/database_split/subgroup_testing.txt': 'patient0002\r\n',
      },
      cases: {
        patient0001_2CH_ED: ['train', 'patient0001', 0.3, [64, 64, 64, 64]],
        patient0002_2CH_ED: ['test', 'patient0002', 0.3, [64, 64, 64, 64]],
      },
    },
    {
      name: 'icfluid',
      files: {
        '2021-training-data-ZA/2021-training-data-ZA/815DME_F/images/815DME_F.jpeg': await jpeg(31),
        '2021-training-data-ZA/2021-training-data-ZA/815DME_F/masks/815DME_F.png': png(small()),
        '2021-training-data-ZA/2021-training-data-ZA/815DME_F/masks/MASK-DME511.png': lesion,
        '2021-training-data-ZA/2021-training-data-ZA/81DME_F/images/81DME_F.jpeg': await jpeg(32),
        '2021-training-data-ZA/2021-training-data-ZA/81DME_F/masks/81DME_F.png': lesion,
      },
      cases: {
        '815DME_F': [null, null, null, one(2)],
        '81DME_F': [null, null, null, one(8)],
      },
    },
    ...(['msd-hippocampus', 'msd-liver'] as const).map((name) => {
      const folder = name === 'msd-liver' ? 'Task03_Liver' : 'Task04_Hippocampus';
      const image = voxels((x, y, z) => 10 * x + 20 * y + 50 * z - 150);
      return {
        name,
        files: {
          [`${folder}/imagesTr/volume_001.nii.gz`]: nifti([12, 10, 4], image, {
            affine: anisotropic,
          }),
          [`${folder}/labelsTr/volume_001.nii.gz`]: nifti([12, 10, 4], labelVolume),
          [`${folder}/imagesTr/._volume_001.nii.gz`]: 'of a Mac',
          [`${folder}/imagesTs/volume_002.nii.gz`]: nifti([12, 10, 4], image),
          [`${folder}/dataset.json`]: { labels: { 0: 'background' } },
        },
        cases: {
          volume_001_slice1: [null, 'volume_001', 0.5, [111, 9, 0]],
          volume_001_slice2: [null, 'volume_001', 0.5, [0, 0, 120]],
        } as Download['cases'],
      };
    }),
  ];
}
