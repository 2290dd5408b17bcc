/** The project as a whole: its folder, its classes, and what may be done next. */

/** A class of the masks; its id is its place in the list, 0 is the background. */
export interface ClassInfo {
  name: string;
  /** `#rrggbb`. */
  colour: string;
}

export interface Project {
  name: string;
  /** Absolute path of the project's folder. */
  folder: string;
  /** Background first. */
  classes: ClassInfo[];
  /** Side of a pixel in mm, where the user has given it: areas are then also in mm². */
  pixelSize: number | null;
  counts: { images: number; masks: number; patients: number; test: number; rounds: number };
  /** Whether the bundled lungs can be copied into this project: they are there, and it is empty. */
  demo: boolean;
  limits: UploadLimits;
  version: string;
}

/** What one may upload, in bytes and files. */
export interface UploadLimits {
  file: number;
  zip: number;
  /** Of one import, unpacked. */
  total: number;
  files: number;
}

/** What is given replaces what was there. The background must stay first; classes are not removed while masks use them. */
export interface ProjectChange {
  name?: string;
  classes?: ClassInfo[];
  pixelSize?: number | null;
}
