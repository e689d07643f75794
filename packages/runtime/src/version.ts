/** The version of this program, and of the specification that it follows. */
import { specVersion } from '@drydock/oci/runtime-spec';

export const version = '0.1.0';

/** The newest kernel of the specification's versions that are accepted. */
export { specVersion };
