/** Where the kernel and the configuration say different things. */

export interface Difference {
  /** The field of the configuration, such as `process.capabilities.effective`. */
  readonly field: string;
  readonly configured: string;
  readonly actual: string;
}

/** A difference, unless both are the same. */
export function compare(field: string, configured: string, actual: string): readonly Difference[] {
  return configured === actual ? [] : [{ field, configured, actual }];
}
