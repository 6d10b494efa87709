/** Name and version of the studio: those of package.json, which is their one source. */
import { name, version } from '../../package.json';

export const tool = { name, version };
