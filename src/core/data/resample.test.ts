/** Digests were made once with Pillow 12.3 (Image.resize(size, BILINEAR), convert('L')) on the image of `pattern`. */
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../base/hash';
import { preprocess } from './preprocessing';
import { cropCentre, resize, resizeShorter } from './resample';
import type { PixelImage } from './source';

function pattern(height: number, width: number, channels: number): PixelImage {
  const data = Uint8Array.from({ length: height * width * channels }, (_, i) => Math.imul(i, 2654435761) >>> 24);
  return { width, height, channels, data };
}

const pillow = [
  [7, 5, 3, 3, 4, '75290710c78714d55d43d8739298508a1abe41a086bd056c2f8825b3704bce09'],
  [7, 5, 3, 14, 11, '9424a1a8d940ccab3778dbcd7894a42faaa8dcdcdf8b93aa49fe65e2eb467bd8'],
  [50, 37, 3, 28, 28, 'd0977c1b62ac4b6f1559a25c0f9ce0ca8806eb21a5c9d7b5fa84ad9db851bd67'],
  [33, 64, 1, 32, 32, 'b3b271cc6b45d25284242191c4ba43e3411f502e9c4cc07176089124d88d370e'],
  [28, 28, 1, 32, 32, 'a758a1902f9976c72943d692471dffe277c7755ba6f4c86791e7b384857264d0'],
  [300, 200, 3, 32, 32, 'c55ac3dfe976122ac29fd20feb0abfb04c6dd80d1be592944a18554b4fa4bab6'],
  [20, 20, 3, 20, 7, '360123ceb4dc1d699988029d7265095077ace4c7a411bd2a5a88983706667357'],
  [1, 9, 3, 5, 4, 'dd1693f53d5b65513516e61ac0e07eca5b5d1ca39b3ef96121c29c482191217c'],
] as const;

describe('resizing', () => {
  test.each(pillow)('%ix%ix%i to %ix%i gives the bytes of Pillow', (h, w, c, toH, toW, digest) => {
    expect(sha256Hex(resize(pattern(h, w, c), toH, toW).data)).toBe(digest);
  });

  test('gray of RGB gives the bytes of Pillow', () => {
    const gray = preprocess(pattern(20, 20, 3), {
      resize: undefined,
      size: [20, 20],
      scale: 1,
      mean: [0],
      std: [1],
      layout: 'NCHW',
      channels: 'gray',
    });
    expect(sha256Hex(Uint8Array.from(gray))).toBe('dc5b1bcc7d0aa19c9034c3fc81b5388c41750b695db97a5556e50f087e99bf93');
  });

  test('a flat image stays flat and the same size changes nothing', () => {
    const flat = { width: 13, height: 7, channels: 3, data: new Uint8Array(13 * 7 * 3).fill(201) };
    expect(resize(flat, 5, 20).data.every((v) => v === 201)).toBe(true);
    expect(resize(flat, 7, 13)).toBe(flat);
  });

  test('the shorter side decides, the crop is centred, half offsets go to even', () => {
    const wide = resizeShorter(pattern(10, 15, 1), 4);
    expect([wide.height, wide.width]).toEqual([4, 6]);
    const tall = resizeShorter(pattern(15, 10, 1), 4);
    expect([tall.height, tall.width]).toEqual([6, 4]);
    const row = { width: 7, height: 1, channels: 1, data: Uint8Array.from([0, 1, 2, 3, 4, 5, 6]) };
    expect([...cropCentre(row, 1, 4).data]).toEqual([2, 3, 4, 5]); // 1.5 -> 2
    expect([...cropCentre(row, 1, 2).data]).toEqual([2, 3]); // 2.5 -> 2
  });
});
