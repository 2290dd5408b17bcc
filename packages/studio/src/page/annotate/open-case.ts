/** Opens a case for painting: its image, its mask, and a draft if one was not stored in time. */
import { type CaseRow, routes } from '../../api.ts';
import { createMask, type Mask, maskOf } from '../engine/index.ts';
import { RequestError, request } from '../net/request.ts';
import type { Drafts } from './drafts.ts';
import type { MaskCoder } from './mask-file.ts';

export interface OpenedCase {
  readonly image: ImageBitmap;
  readonly mask: Mask;
  /** What was painted on. */
  readonly revision: string;
  /** Whether the mask is a draft that the server has not got. */
  readonly restored: boolean;
}

/** @throws RequestError, or Error where image and mask do not fit each other */
export async function openCase(
  { id, revision, mask: path }: Pick<CaseRow, 'id' | 'revision' | 'mask'>,
  { coder, drafts, signal }: { coder: MaskCoder; drafts: Drafts; signal: AbortSignal },
): Promise<OpenedCase> {
  const [image, stored, draft] = await Promise.all([
    request(routes.image(id, { revision }), { signal })
      .then((response) => response.blob())
      .then((blob) => createImageBitmap(blob)),
    path === null ? null : readMask(id, coder, signal),
    drafts.read(id),
  ]);
  const { width, height } = image;
  if (draft && draft.width === width && draft.height === height)
    return {
      ...{ image, mask: maskOf(width, height, draft.ids), restored: true },
      revision: draft.base,
    };
  if (!stored) return { image, mask: createMask(width, height), revision, restored: false };
  const { mask } = stored;
  if (mask.width !== width || mask.height !== height)
    throw new Error(
      `${id}: the image has ${width} × ${height} px, its mask ${mask.width} × ${mask.height}. Remove the mask on the data page.`,
    );
  return { image, mask, revision: stored.revision ?? revision, restored: false };
}

async function readMask(
  id: string,
  coder: MaskCoder,
  signal: AbortSignal,
): Promise<{ mask: Mask; revision: string | null } | null> {
  try {
    const response = await request(routes.mask(id), { signal, cache: 'no-store' });
    const revision = response.headers.get('ETag')?.replace(/^(W\/)?"|"$/g, '') ?? null;
    return { mask: await coder.decode(await response.blob()), revision };
  } catch (error) {
    if (error instanceof RequestError && error.status === 404) return null;
    throw error;
  }
}
