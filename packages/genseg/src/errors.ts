/**
 * The errors a user can recover from. One class per way of recovering; the message is one line that
 * names what is wrong, where, why and how to mend it.
 */

/** Something is wrong with an image, a mask, a folder or another file the user gave. */
export class DataError extends Error {
  override readonly name = 'DataError';
}

/** An option, a configuration file or an environment variable is wrong. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Training cannot go on (a loss became NaN, a self-check failed); the last good checkpoint is kept. */
export class TrainingError extends Error {
  override readonly name = 'TrainingError';
}
