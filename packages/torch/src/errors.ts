/** What the tensor engine throws; one class per way of recovering. Wrong argument types are TypeErrors. */

/** LibTorch refused an operation: shapes that do not fit, a missing gradient, an operator it lacks. */
export class TorchError extends Error {
  override readonly name: string = 'TorchError';
}

/** A tensor was used after its scope ended or after `dispose()`; the message names the operator. */
export class DisposedTensorError extends TorchError {
  override readonly name = 'DisposedTensorError';
}

/** Host or device memory is used up; smaller batches, sizes or widths mend it. */
export class OutOfMemoryError extends TorchError {
  override readonly name = 'OutOfMemoryError';
}
