/**
 * The functions of the kernel, in AssemblyScript (a TypeScript dialect for WebAssembly, not the product's
 * TypeScript): scripts/build-kernel.mjs compiles them. They work on addresses in one memory that the caller lays out
 * (../kernel.ts), allocate nothing and keep no state. Every buffer has 64 bytes behind it that may be read and overwritten.
 */
export { gemm, fillRows, fillColumns, addRows, addColumns, columnSums, rowSums } from './gemm';
export { toI16Rows, toPlanes, packPatches, packMatrix, packTransposed } from './pack';
export { limit, requantizeRows, requantizeColumns, requantizeRowsWide, requantizeColumnsWide } from './requant';
export { widen, narrow } from './types';
export { layerNorm, softmax } from './rows';
export { add, lookUp, move } from './elementwise';
export { depthwise, largestOf } from './windows';
export { dots, packDots } from './dots';
