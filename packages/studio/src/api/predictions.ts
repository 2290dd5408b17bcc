/** Using a model: new images in, masks, overlays and areas out. */

import type { ModelRef } from './data.ts';
import type { FileReceived } from './imports.ts';

export interface PredictionRequest {
  model: ModelRef;
}

export interface Prediction {
  /** Name of its folder in predictions/. */
  id: string;
  model: ModelRef;
  /** `open`: takes files until it is started. */
  state: 'open' | 'running' | 'finished' | 'failed';
  createdAt: string;
  /** Files that were sent. */
  images: number;
  items: PredictedItem[];
  failed: { name: string; error: string }[];
  error: string | null;
}

export interface PredictedItem {
  /** Of the image's file; in a URL it goes through encodeURIComponent. */
  name: string;
  width: number;
  height: number;
  /** By foreground class. */
  areas: { class: string; px: number; mm2: number | null }[];
  /** 0 to 1, mean over pixels; null where it was not measured. */
  uncertainty: number | null;
}

export type PredictionFile = FileReceived;
