/** The icon of a command, by what it does; a command that is new here gets its group's. */
import {
  Activity,
  ArrowDown,
  ArrowUp,
  Binary,
  ChevronsDownUp,
  ChevronsUpDown,
  CircleX,
  FileArchive,
  FolderOpen,
  Gauge,
  Maximize,
  Minus,
  PanelBottom,
  PanelLeft,
  PanelRight,
  Play,
  Plus,
  Redo2,
  Cpu,
  Search,
  SlidersHorizontal,
  SunMoon,
  Undo2,
  Waypoints,
  type LucideIcon,
} from 'lucide-react';
import type { Action } from '../../../store/actions/action';

const byId: Readonly<Record<string, LucideIcon>> = {
  open: FolderOpen,
  close: CircleX,
  'next-step': Play,
  calibrate: Activity,
  recipe: SlidersHorizontal,
  convert: Binary,
  evaluate: Gauge,
  hardware: Cpu,
  export: FileArchive,
  undo: Undo2,
  redo: Redo2,
  find: Search,
  fit: Maximize,
  'zoom-in': Plus,
  'zoom-out': Minus,
  'expand-all': ChevronsUpDown,
  'collapse-all': ChevronsDownUp,
  'next-layer': ArrowDown,
  'previous-layer': ArrowUp,
  'toggle-tree': PanelLeft,
  'toggle-inspector': PanelRight,
  'toggle-strip': PanelBottom,
};

const byGroup: Readonly<Record<Action['group'], LucideIcon>> = {
  Model: FolderOpen,
  Steps: Play,
  Recipe: SlidersHorizontal,
  Graph: Waypoints,
  View: SunMoon,
};

export const actionIcon = (action: Action): LucideIcon => byId[action.id] ?? byGroup[action.group];
