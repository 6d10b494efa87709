/** The inference worker: ONNX Runtime behind the Runner port, ended and started anew by remote.ts. */
import { expose } from 'comlink';
import { serveRunner } from '../src/adapters/onnxruntime/served';
import { webRunner } from '../src/adapters/onnxruntime/web';

expose(serveRunner(webRunner()));
