/** The whole page: the start screen or the studio, and what lies above both (opening, palette, notices). */
import { lazy, Suspense, useEffect, useState } from 'react';
import { openModel } from '../store/selectors';
import { useStudio } from '../store/store';
import { OpenLayer } from '../ui/features/open/open-layer';
import { StartScreen } from '../ui/features/open/start-screen';
import { ProjectLayer } from '../ui/features/project/project-dialogs';
import { Notices } from '../ui/features/shell/notices';
import { useBusyMark } from '../ui/features/shell/busy-mark';
import { useShortcuts } from '../ui/features/shell/shortcuts';
import { ShortcutSheet } from '../ui/features/shell/shortcut-sheet';
import { Splash } from '../ui/features/shell/splash';
import { PluginsPlace } from '../ui/features/plugins/plugins-place';
import { TooltipProvider } from '../ui/kit/tooltip';

// The graph and the panels are most of the script: they come while the start screen is read.
const loadStudio = () => import('../ui/features/shell/studio');
const Studio = lazy(() => loadStudio().then((m) => ({ default: m.Studio })));
const loadPalette = () => import('../ui/features/palette/palette');
const Palette = lazy(() => loadPalette().then((m) => ({ default: m.Palette })));

export function App({ started }: { readonly started: Promise<void> }) {
  const [starting, setStarting] = useState(true);
  const hasModel = useStudio((s) => openModel(s) !== undefined);
  const palette = useStudio((s) => s.view.palette);
  const shortcuts = useStudio((s) => s.view.shortcuts);
  const writes = useStudio((s) => s.view.place === 'plugins');
  useEffect(() => {
    void loadStudio().then(loadPalette);
    void started.finally(() => setStarting(false));
  }, [started]);
  useBusyMark(starting);
  useShortcuts();
  return (
    <TooltipProvider delay={350}>
      {hasModel ? (
        <Suspense fallback={<Splash />}>
          <Studio />
        </Suspense>
      ) : starting ? (
        <Splash />
      ) : writes ? (
        <PluginsPlace />
      ) : (
        <StartScreen />
      )}
      <OpenLayer />
      <ProjectLayer />
      {palette && (
        <Suspense>
          <Palette />
        </Suspense>
      )}
      {shortcuts && <ShortcutSheet />}
      <Notices />
    </TooltipProvider>
  );
}
