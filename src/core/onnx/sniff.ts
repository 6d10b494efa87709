/**
 * What a file that is no ONNX model looks like, for the message. A guess from the first bytes; a model, also one
 * that is cut off anywhere, is never taken for something else: it begins with the varint field 1 (byte 8).
 */
import { latin1Decode } from '../base/bytes';

const magics: readonly (readonly [string, string])[] = [
  ['PK\x03\x04', 'a zip file'],
  ['PK\x05\x06', 'a zip file'],
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['GIF8', 'a GIF image'],
  ['%PDF', 'a PDF document'],
  ['\x1f\x8b', 'a gzip file'],
  ['\x89HDF\r\n', 'an HDF5 file (a Keras model?)'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x80\x02', 'a Python pickle (a PyTorch checkpoint?)'],
  ['\x80\x03', 'a Python pickle (a PyTorch checkpoint?)'],
  ['\x80\x04', 'a Python pickle (a PyTorch checkpoint?)'],
  ['\x80\x05', 'a Python pickle (a PyTorch checkpoint?)'],
  ['\x7fELF', 'a program'],
  ['GGUF', 'a GGUF file'],
  ['BM', 'a BMP image'],
];

/** undefined: nothing that we know; it may be a model. */
export function looksLike(bytes: Uint8Array): string | undefined {
  if (bytes[0] === 8) return undefined;
  const head = latin1Decode(bytes.subarray(0, 512));
  const text = isText(head);
  for (const [magic, what] of magics) {
    if (!head.startsWith(magic) || (text && magic === 'BM')) continue;
    return what === 'a zip file' && isTorchZip(bytes) ? 'a PyTorch checkpoint (a zip file)' : what;
  }
  if (head.slice(4, 8) === 'TFL3') return 'a TensorFlow Lite model';
  if (head.slice(4, 8) === 'ORTM') return 'an ORT format model (ONNX Runtime), not an ONNX file';
  if (head[8] === '{' && bytes[7] === 0 && bytes[6] === 0) return 'a safetensors file (weights without a network)';
  if (text) return /^\s*[[{]/.test(head) ? 'text (JSON)' : /^\s*</.test(head) ? 'text (HTML or XML)' : 'text';
  return undefined;
}

/** torch.save and TorchScript archives: the first entry lies in a folder that holds data.pkl or version. */
function isTorchZip(bytes: Uint8Array): boolean {
  const start = latin1Decode(bytes.subarray(0, 4096));
  return /\/(data\.pkl|\.data\/|byteorder|version|code\/)/.test(start);
}

/** No control characters but white space. */
function isText(head: string): boolean {
  for (let i = 0; i < head.length; i++) {
    const c = head.charCodeAt(i);
    if (c < 32 ? c !== 9 && c !== 10 && c !== 13 : c === 127) return false;
  }
  return head.length > 0;
}
