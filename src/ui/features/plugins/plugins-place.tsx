/** The place of plugins, which comes when it is first gone to. */
import { lazy, Suspense } from 'react';
import { Splash } from '../shell/splash';

const View = lazy(() => import('./plugins-view').then((m) => ({ default: m.PluginsView })));

export function PluginsPlace() {
  return (
    <Suspense fallback={<Splash />}>
      <View />
    </Suspense>
  );
}
