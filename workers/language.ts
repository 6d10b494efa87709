/** The language worker: help with writing plugins. TypeScript and the declarations come with it, from our own origin. */
import { expose } from 'comlink';
import { sdkTypes } from 'virtual:sdk-types';
import { createLanguage } from '../src/adapters/language/service';

expose(createLanguage(sdkTypes));
