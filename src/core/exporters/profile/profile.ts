/**
 * The requantization profile as files of its own: a spec page, exact functions in C and SystemVerilog, and vectors that check
 * them or whatever takes their place. `profile/` holds nothing about tensors: it is what the datapath has to do.
 */
import { utf8Encode } from '../../base/bytes';
import type { Exporter } from '../exporter';
import { checkC, requantHeader } from './c-text';
import { profileSpec } from './spec-text';
import { checkSv, requantPackage } from './sv-text';
import { profileVectors } from './vectors';

const VECTORS = 1000;

export const profileExporter: Exporter = {
  id: 'profile',
  title: 'Requantization profile',
  help: 'One page that says what multiply, shift, rounding, clamp and accumulator do; the same as C and SystemVerilog functions, with vectors that check them.',
  group: 'design',
  place: 'profile/',
  options: [],
  *files({ input }) {
    const { integer, model } = input;
    const text: readonly (readonly [name: string, text: string])[] = [
      ['profile.md', profileSpec(integer, model.name)],
      ['requant.h', requantHeader(integer.arithmetic)],
      ['check.c', checkC],
      ['requant.sv', requantPackage(integer.arithmetic)],
      ['check_tb.sv', checkSv],
      ['vectors.txt', profileVectors(integer, VECTORS)],
    ];
    for (const [name, content] of text) yield { path: `profile/${name}`, bytes: utf8Encode(content) };
  },
};
