/** The icon and colour of an operator class. */
import { Activity, Box, Grid3x3, LogIn, LogOut, Plus, Shapes, Sigma, SlidersHorizontal, Minimize2, type LucideIcon } from 'lucide-react';
import type { GraphCard } from '../../engine/api';

const icons: Readonly<Record<GraphCard['kind'], LucideIcon>> = {
  input: LogIn,
  output: LogOut,
  conv: Grid3x3,
  linear: Sigma,
  activation: Activity,
  norm: SlidersHorizontal,
  pool: Minimize2,
  elementwise: Plus,
  shape: Shapes,
  other: Box,
};

const colours: Readonly<Record<GraphCard['kind'], string>> = {
  input: 'var(--op-plain)',
  output: 'var(--op-plain)',
  conv: 'var(--op-conv)',
  linear: 'var(--op-linear)',
  activation: 'var(--op-activation)',
  norm: 'var(--op-norm)',
  pool: 'var(--op-pool)',
  elementwise: 'var(--op-elementwise)',
  shape: 'var(--op-plain)',
  other: 'var(--op-plain)',
};

export const opColour = (kind: GraphCard['kind']): string => colours[kind];

export function OpIcon({ kind, size = 16 }: { readonly kind: GraphCard['kind']; readonly size?: number }) {
  const Icon = icons[kind];
  return <Icon size={size} aria-hidden />;
}
