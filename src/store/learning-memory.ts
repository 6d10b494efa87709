/** How much memory learning has for activations, as a person sets it: in MB. The core's own budget is the first value; a test holds that. */
export const LEARNING_MEGABYTES = 512;
export const MOST_LEARNING_MEGABYTES = 65_536;
