/** The one line above everything: what is open, its numbers, what runs, and the one thing to do next. */
import { FolderOpen, Moon, PanelBottom, PanelLeft, PanelRight, Play, Puzzle, Save, Search, Sun, Table2 } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { shortcutText } from '../../../store/actions/action';
import { showPlace } from '../../../store/actions/compare';
import { openStep, showPalette, togglePanel, toggleTheme } from '../../../store/actions/view';
import { isCalibrationStale, isStale, nextStep, openModel } from '../../../store/selectors';
import type { Step, ViewSlice } from '../../../store/state';
import { setView, useStudio } from '../../../store/store';
import { countText } from '../../charts/format';
import { graphId } from '../../graph/graph-view';
import { Button, IconButton } from '../../kit/button';
import { Badge, Kbd } from '../../kit/feedback';
import { Defined, Tooltip, type NumberDefinition } from '../../kit/tooltip';
import { Logo } from '../open/logo';
import { pickFiles } from '../open/picker';
import { facts } from './definitions';
import { JobProgress } from './job-progress';
import styles from './shell.module.css';

const stepNames: Readonly<Record<Step, string>> = { calibrate: 'Calibrate', recipe: 'Convert', export: 'Export', evaluate: 'Evaluate' };

export function TopBar() {
  const model = useStudio(openModel);
  if (model === undefined) return null;
  const { summary, graph } = model;
  return (
    <header className={styles.bar}>
      <button type="button" className={styles.skip} onClick={() => document.getElementById(graphId)?.focus()}>
        Skip to the graph
      </button>
      <Logo size={28} />
      <h1 className={styles.name} title={summary.name}>
        {summary.name}
      </h1>
      <IconButton label="Open another model…" shortcut={shortcutText('Mod+O')} onClick={pickFiles} data-testid="open-another">
        <FolderOpen size={16} aria-hidden />
      </IconButton>
      <IconButton
        label="Save the project…"
        shortcut={shortcutText('Mod+S')}
        onClick={() => setView({ dialog: 'project' })}
        data-testid="save-project-as"
      >
        <Save size={16} aria-hidden />
      </IconButton>
      <div className={styles.facts} data-testid="facts">
        <Defined definition={facts.opset}>
          <Badge>opset {summary.opset}</Badge>
        </Defined>
        <Fact definition={facts.layers} value={String(graph.cards.length)} unit="layers" also={`${summary.nodes} nodes`} />
        <Fact definition={facts.parameters} value={countText(summary.parameters)} unit="params" />
        <Fact definition={facts.macs} value={countText(summary.macs)} unit="MACs" />
      </div>
      <div className={styles.middle}>
        <JobProgress />
        <Stale />
      </div>
      <Tooltip content={`Search commands and layers  ${shortcutText('Mod+K')}`}>
        <button
          type="button"
          className={styles.search}
          onClick={() => showPalette(true)}
          aria-label="Search commands and layers"
          data-testid="open-palette"
        >
          <Search size={14} aria-hidden />
          <span>Search</span>
          <Kbd>{shortcutText('Mod+K')}</Kbd>
        </button>
      </Tooltip>
      <div className={styles.tools}>
        <PanelToggle panel="tree" label="Layer tree" shortcut="Mod+B" />
        <PanelToggle panel="strip" label="Layer strip" shortcut="Mod+J" />
        <PanelToggle panel="inspector" label="Details" shortcut="Mod+I" />
        <RecipesToggle />
        <PluginsToggle />
        <ThemeToggle />
      </div>
      <Next />
    </header>
  );
}

interface FactProps {
  readonly definition: NumberDefinition;
  readonly value: string;
  readonly unit: string;
  readonly also?: string;
}

function Fact({ definition, value, unit, also }: FactProps) {
  return (
    <Defined definition={definition}>
      <span className={styles.fact}>
        <b>{value}</b> {unit}
        {also !== undefined && <small> {also}</small>}
      </span>
    </Defined>
  );
}

const panelIcons = { tree: PanelLeft, strip: PanelBottom, inspector: PanelRight } as const;

function PanelToggle({
  panel,
  label,
  shortcut,
}: {
  readonly panel: keyof ViewSlice['panels'];
  readonly label: string;
  readonly shortcut: string;
}) {
  const shown = useStudio((s) => s.view.panels[panel]);
  const Icon = panelIcons[panel];
  return (
    <IconButton
      label={label}
      shortcut={shortcutText(shortcut)}
      aria-pressed={shown}
      className={styles.toggle}
      onClick={() => togglePanel(panel)}
      data-testid={`toggle-${panel}`}
    >
      <Icon size={16} aria-hidden />
    </IconButton>
  );
}

function RecipesToggle() {
  const open = useStudio((s) => s.view.place === 'recipes');
  return (
    <IconButton
      label="Compare recipes"
      shortcut={shortcutText('R')}
      aria-pressed={open}
      onClick={() => showPlace(open ? 'graph' : 'recipes')}
      data-testid="open-recipes"
    >
      <Table2 size={16} aria-hidden />
    </IconButton>
  );
}

function PluginsToggle() {
  const open = useStudio((s) => s.view.place === 'plugins');
  return (
    <IconButton
      label="Plugins"
      shortcut={shortcutText('Mod+E')}
      aria-pressed={open}
      onClick={() => showPlace(open ? 'graph' : 'plugins')}
      data-testid="open-plugins"
    >
      <Puzzle size={16} aria-hidden />
    </IconButton>
  );
}

const dark = matchMedia('(prefers-color-scheme: dark)');
const watchSystem = (changed: () => void) => {
  dark.addEventListener('change', changed);
  return () => dark.removeEventListener('change', changed);
};

function ThemeToggle() {
  const theme = useStudio((s) => s.view.theme);
  const systemDark = useSyncExternalStore(watchSystem, () => dark.matches);
  const isDark = theme === 'dark' || (theme === 'system' && systemDark);
  return (
    <IconButton
      label={isDark ? 'Light theme' : 'Dark theme'}
      shortcut={shortcutText('Mod+Shift+L')}
      onClick={toggleTheme}
      data-testid="toggle-theme"
    >
      {isDark ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
    </IconButton>
  );
}

function Stale() {
  const stale = useStudio(isStale);
  const dataChanged = useStudio(isCalibrationStale);
  if (dataChanged)
    return (
      <Tooltip content="The calibration data changed after the calibration. Calibrate again to bring it up to date.">
        <button type="button" className={styles.stale} onClick={() => openStep('calibrate')} data-testid="stale">
          <Badge tone="watch">Data changed</Badge>
        </button>
      </Tooltip>
    );
  if (!stale) return null;
  return (
    <Tooltip content="The recipe changed after the conversion that is on screen. Convert again to bring it up to date.">
      <button type="button" className={styles.stale} onClick={() => openStep('recipe')} data-testid="stale">
        <Badge tone="watch">Recipe changed</Badge>
      </button>
    </Tooltip>
  );
}

/** Leads to the next step. While a step's panel is open, the panel has the primary button and this one steps back. */
function Next() {
  const next = useStudio(nextStep);
  const inPanel = useStudio((s) => s.view.place !== 'graph' || (s.view.step !== undefined && s.view.panels.inspector));
  const open = useStudio((s) => s.view.place === 'graph' && s.view.step === next && s.view.panels.inspector);
  return (
    <Tooltip content={`Go to the next step  ${shortcutText('Mod+Enter')}`}>
      <Button
        look={inPanel ? 'plain' : 'primary'}
        icon={<Play size={13} fill="currentColor" aria-hidden />}
        aria-pressed={open}
        onClick={() => openStep(next)}
        data-testid="next-step"
        data-step={next}
      >
        {stepNames[next]}
      </Button>
    </Tooltip>
  );
}
