/** The encoded images and their pixels were made once with Pillow 12.3. */
import { describe, expect, test } from 'vitest';
import { decodeImage } from './decode';

const bytes = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));

const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30, 255, 255, 255, 0, 0, 0];

const pngs: readonly (readonly [name: string, base64: string, channels: number, pixels: readonly number[]])[] = [
  ['RGB', 'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAIAAAASFvFNAAAAGElEQVR4nGP4z8DAAMFcInL///9nYGAAAD2kBje+XFOFAAAAAElFTkSuQmCC', 3, colours],
  [
    'a palette of 4 bits',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACBAMAAABvWnspAAAAMFBMVEX///8A/wAKFB7/AAAAAP8AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABDIllTAAAADklEQVR4nGM05Gd6LwAAAzEBQ9wKlosAAAAASUVORK5CYII=',
    3,
    colours,
  ],
  [
    'gray of 1 bit',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACAQAAAAC1D1u3AAAADElEQVR4nGNwYDgAAAGEAQEKf5BQAAAAAElFTkSuQmCC',
    1,
    [0, 255, 0, 255, 255, 0],
  ],
  [
    'gray of 16 bits (high byte)',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACEAAAAADoj+WFAAAAFklEQVR4nGNgYGD4z8jA8P9/A4OQCQAXWgPFjH1lSAAAAABJRU5ErkJggg==',
    1,
    [0, 0, 1, 255, 128, 18],
  ],
  [
    'RGB and alpha (over black)',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAACCAYAAACddGYaAAAAIUlEQVR4nAXBsQ0AIBAAIToT669dwgXd/ASRPGLPuVVYH3kACO9UNpcbAAAAAElFTkSuQmCC',
    3,
    [255, 0, 0, 0, 128, 0, 0, 0, 0, 2, 4, 6, 255, 255, 255, 0, 0, 0],
  ],
  [
    'gray and alpha (over black)',
    'iVBORw0KGgoAAAANSUhEUgAAAAMAAAABCAQAAACx6dw/AAAAD0lEQVR4nGM48f9EwwkGAA/iA9hVr1FeAAAAAElFTkSuQmCC',
    1,
    [200, 100, 0],
  ],
];

const baseline =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wAARCAAIABADAREAAhEBAxEB/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/8QAHwEAAwEBAQEBAQEBAQAAAAAAAAECAwQFBgcICQoL/8QAtREAAgECBAQDBAcFBAQAAQJ3AAECAxEEBSExBhJBUQdhcRMiMoEIFEKRobHBCSMzUvAVYnLRChYkNOEl8RcYGRomJygpKjU2Nzg5OkNERUZHSElKU1RVVldYWVpjZGVmZ2hpanN0dXZ3eHl6goOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPExcbHyMnK0tPU1dbX2Nna4uPk5ebn6Onq8vP09fb3+Pn6/9oADAMBAAIRAxEAPwD53rnP9MD2CvwM/wCbc//Z';
const grayJpeg =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/wAALCAAIABABAREA/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APnevYK//9k=';
const progressive =
  '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAIBAQEBAQIBAQECAgICAgQDAgICAgUEBAMEBgUGBgYFBgYGBwkIBgcJBwYGCAsICQoKCgoKBggLDAsKDAkKCgr/2wBDAQICAgICAgUDAwUKBwYHCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgr/wgARCAAIABADAREAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABgf/xAAXAQADAQAAAAAAAAAAAAAAAAADBggJ/9oADAMBAAIQAxAAAAGdjphgg5t//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABBQI//8QAFBEBAAAAAAAAAAAAAAAAAAAAEP/aAAgBAwEBPwE//8QAFBEBAAAAAAAAAAAAAAAAAAAAEP/aAAgBAgEBPwE//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQAGPwI//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABPyE//9oADAMBAAIAAwAAABAD/8QAFBEBAAAAAAAAAAAAAAAAAAAAEP/aAAgBAwEBPxA//8QAFBEBAAAAAAAAAAAAAAAAAAAAEP/aAAgBAgEBPxA//8QAFBABAAAAAAAAAAAAAAAAAAAAEP/aAAgBAQABPxA//9k=';

describe('image files', () => {
  test.each(pngs)('PNG, %s', (_, base64, channels, pixels) => {
    const image = decodeImage(bytes(base64));
    expect(image.channels).toBe(channels);
    expect([...image.data]).toEqual(pixels);
  });

  test.each([
    ['baseline', baseline, [200, 40, 90], [20, 180, 60]],
    ['progressive', progressive, [200, 40, 90], [20, 180, 60]],
    ['gray', grayJpeg, [94, 94, 94], [118, 118, 118]],
  ] as const)('JPEG, %s: within 2 levels of what was encoded', (_, base64, left, right) => {
    const image = decodeImage(bytes(base64));
    expect([image.width, image.height, image.channels]).toEqual([16, 8, 3]);
    for (let i = 0; i < 128; i++) {
      const want = i % 16 < 8 ? left : right;
      for (let c = 0; c < 3; c++) expect(Math.abs((image.data[3 * i + c] as number) - (want[c] as number))).toBeLessThanOrEqual(2);
    }
  });

  test('what is no image, or half of one, is refused', () => {
    expect(() => decodeImage(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]))).toThrow('neither a JPEG nor a PNG');
    expect(() => decodeImage(bytes(baseline).subarray(0, 300))).toThrow();
    expect(() => decodeImage(bytes(pngs[0]?.[1] ?? '').subarray(0, 50))).toThrow();
  });
});
