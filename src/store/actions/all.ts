/** Every command of the studio, in the order of the palette. A shortcut appears once. */
import { layerNumbers, numberIds } from '../layer-numbers';
import { redoName, undoName } from '../recipe-history';
import { cardOf, conversionOf, isCalibrated, nextStep, openModel } from '../selectors';
import type { State } from '../state';
import { redoRecipe, setView, state, undoRecipe } from '../store';
import { middleNow } from '../chip';
import type { Action } from './action';
import { showMiddle } from './chip';
import { showPlace } from './compare';
import { chooseAlike } from './choose';
import { collapseAll, expandAll } from './layout';
import { copyLink } from './link';
import { closeModel } from './open';
import { convert } from './steps';
import { move, openStep, selectNeighbour, setTheme, showHints, showPalette, togglePanel, toggleTheme } from './view';

const named = (what: string, name: string | undefined) => (name === undefined ? undefined : `${what}: ${name}`);

const hasModel = (s: State) => openModel(s) !== undefined;

/** The file picker is a hidden input that ui/features/open renders once. */
export const pickerId = 'open-model-input';
export const treeSearchId = 'tree-search';
/** Where a step's panel has its buttons. */
export const stepFootId = 'step-foot';

export const actions: readonly Action[] = [
  {
    id: 'open',
    title: 'Open a model or a project…',
    group: 'Model',
    shortcut: 'Mod+O',
    run: () => document.getElementById(pickerId)?.click(),
  },
  {
    id: 'save-project',
    title: 'Save the project…',
    group: 'Model',
    shortcut: 'Mod+S',
    enabled: hasModel,
    run: () => setView({ dialog: 'project' }),
  },
  { id: 'sessions', title: 'Sessions and storage…', group: 'Model', run: () => setView({ dialog: 'sessions' }) },
  { id: 'close', title: 'Close the model', group: 'Model', enabled: hasModel, run: closeModel },
  {
    id: 'next-step',
    title: 'Go to the next step',
    group: 'Steps',
    shortcut: 'Mod+Enter',
    enabled: hasModel,
    run: () => {
      openStep(nextStep(state()));
      // Who comes by keyboard goes on with Enter.
      requestAnimationFrame(() =>
        document.querySelector<HTMLElement>(`#${stepFootId} button[data-look="primary"]:not(:disabled)`)?.focus(),
      );
    },
  },
  { id: 'calibrate', title: 'Calibrate…', group: 'Steps', enabled: hasModel, run: () => openStep('calibrate') },
  { id: 'recipe', title: 'Edit the recipe…', group: 'Steps', enabled: hasModel, run: () => openStep('recipe') },
  {
    id: 'convert',
    title: 'Convert to integers',
    group: 'Steps',
    enabled: isCalibrated,
    run: async () => {
      openStep('recipe');
      await convert();
    },
  },
  {
    id: 'hardware',
    title: 'Hardware: memory, traffic, accumulators',
    group: 'View',
    enabled: (s) => conversionOf(s) !== undefined,
    run: () => showMiddle(middleNow(state()) === 'hardware' ? 'graph' : 'hardware'),
  },
  {
    id: 'compare-paths',
    title: 'Compare layers: float, fake, integer, and runs',
    group: 'View',
    enabled: (s) => conversionOf(s) !== undefined,
    run: () => showMiddle(middleNow(state()) === 'compare' ? 'graph' : 'compare'),
  },
  {
    id: 'bits',
    title: 'Mixed precision: sensitivity to bits',
    group: 'View',
    enabled: isCalibrated,
    run: () => showMiddle(middleNow(state()) === 'bits' ? 'graph' : 'bits'),
  },
  { id: 'evaluate', title: 'Evaluate…', group: 'Steps', enabled: (s) => conversionOf(s) !== undefined, run: () => openStep('evaluate') },
  {
    id: 'compare',
    title: 'Compare recipes…',
    group: 'Recipe',
    shortcut: 'R',
    enabled: hasModel,
    run: () => showPlace(state().view.place === 'recipes' ? 'graph' : 'recipes'),
  },
  {
    id: 'plugins',
    title: 'Plugins: bring your own algorithm, with a tutorial…',
    group: 'Plugins',
    shortcut: 'Mod+E',
    run: () => showPlace(state().view.place === 'plugins' ? 'graph' : 'plugins'),
  },
  { id: 'export', title: 'Export…', group: 'Steps', enabled: (s) => conversionOf(s) !== undefined, run: () => openStep('export') },
  {
    id: 'undo',
    title: 'Undo recipe change',
    titleNow: (s) => named('Undo', undoName(s.recipe)),
    group: 'Recipe',
    shortcut: 'Mod+Z',
    enabled: (s) => s.recipe.past.length > 0,
    run: undoRecipe,
  },
  {
    id: 'redo',
    title: 'Redo recipe change',
    titleNow: (s) => named('Redo', redoName(s.recipe)),
    group: 'Recipe',
    shortcut: 'Mod+Shift+Z',
    enabled: (s) => s.recipe.future.length > 0,
    run: redoRecipe,
  },
  {
    id: 'find',
    title: 'Find a layer',
    group: 'Graph',
    shortcut: 'Mod+F',
    enabled: hasModel,
    run: () => {
      setView({ panels: { ...state().view.panels, tree: true } });
      requestAnimationFrame(() => document.getElementById(treeSearchId)?.focus());
    },
  },
  { id: 'fit', title: 'Fit the graph', group: 'Graph', shortcut: 'F', enabled: hasModel, run: () => move('fit') },
  { id: 'zoom-in', title: 'Zoom in', group: 'Graph', shortcut: '+', enabled: hasModel, run: () => move('in') },
  { id: 'zoom-out', title: 'Zoom out', group: 'Graph', shortcut: '-', enabled: hasModel, run: () => move('out') },
  { id: 'expand-all', title: 'Open all blocks', group: 'Graph', shortcut: 'E', enabled: hasModel, run: expandAll },
  { id: 'collapse-all', title: 'Close all blocks', group: 'Graph', shortcut: 'C', enabled: hasModel, run: collapseAll },
  {
    id: 'next-layer',
    title: 'Next layer, the next worst under an overlay',
    group: 'Graph',
    shortcut: 'N',
    enabled: hasModel,
    run: () => selectNeighbour(1),
  },
  { id: 'previous-layer', title: 'Previous layer', group: 'Graph', shortcut: 'P', enabled: hasModel, run: () => selectNeighbour(-1) },
  { id: 'copy-link', title: 'Copy a link to this layer', group: 'Graph', enabled: hasModel, run: copyLink },
  {
    id: 'choose-alike',
    title: 'Choose all layers with this operator',
    titleNow: (s) => {
      const op = cardOf(s, s.view.selection)?.op;
      return op === undefined ? undefined : `Choose all ${op} layers`;
    },
    group: 'Graph',
    enabled: (s) => cardOf(s, s.view.selection) !== undefined,
    run: chooseAlike,
  },
  { id: 'colour-operator', title: 'Colour by operator', group: 'Graph', enabled: hasModel, run: () => setView({ colourBy: 'operator' }) },
  ...numberIds.map((id): Action => ({
    id: `colour-${id}`,
    title: `Colour by ${layerNumbers[id].title.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())}`,
    group: 'Graph',
    enabled: (s) => (layerNumbers[id].needs === 'model' ? hasModel(s) : conversionOf(s) !== undefined),
    run: () => setView({ colourBy: id }),
  })),
  { id: 'colour-islands', title: 'Colour float islands', group: 'Graph', enabled: hasModel, run: () => setView({ colourBy: 'islands' }) },
  {
    id: 'palette',
    title: 'Search commands and layers',
    group: 'View',
    shortcut: 'Mod+K',
    run: () => showPalette(!state().view.palette),
  },
  {
    id: 'shortcuts',
    title: 'Keyboard shortcuts',
    group: 'View',
    shortcut: '?',
    run: () => setView({ shortcuts: !state().view.shortcuts }),
  },
  {
    id: 'toggle-tree',
    title: 'Show or hide the layer tree',
    group: 'View',
    shortcut: 'Mod+B',
    enabled: hasModel,
    run: () => togglePanel('tree'),
  },
  {
    id: 'toggle-inspector',
    title: 'Show or hide the inspector',
    group: 'View',
    shortcut: 'Mod+I',
    enabled: hasModel,
    run: () => togglePanel('inspector'),
  },
  {
    id: 'toggle-strip',
    title: 'Show or hide the layer strip',
    group: 'View',
    shortcut: 'Mod+J',
    enabled: hasModel,
    run: () => togglePanel('strip'),
  },
  {
    id: 'layer-table',
    title: 'Layers as a table or as bars',
    group: 'View',
    shortcut: 'T',
    enabled: hasModel,
    run: () => {
      const { panels, stripView } = state().view;
      setView({ panels: { ...panels, strip: true }, stripView: panels.strip && stripView === 'table' ? 'bars' : 'table' });
    },
  },
  {
    id: 'toggle-minimap',
    title: 'Show or hide the minimap',
    group: 'View',
    enabled: hasModel,
    run: () => setView({ minimap: !state().view.minimap }),
  },
  {
    id: 'hints-show',
    title: 'Show all hints again',
    group: 'View',
    enabled: (s) => s.view.hintsOff || s.view.hintsSeen.length > 0,
    run: () => showHints(true),
  },
  { id: 'hints-hide', title: 'Hide all hints', group: 'View', enabled: (s) => !s.view.hintsOff, run: () => showHints(false) },
  { id: 'toggle-theme', title: 'Dark or light', group: 'View', shortcut: 'Mod+Shift+L', run: toggleTheme },
  { id: 'theme-system', title: 'Dark or light as the system says', group: 'View', run: () => setTheme('system') },
];

export function actionById(id: string): Action | undefined {
  return actions.find((a) => a.id === id);
}
