/** What runs the steps of learning: shown where there is a choice. */
import type { Provider } from '../../../engine/ports';
import { learnProvider } from '../../../store/selectors';
import { setView, useStudio } from '../../../store/store';
import { FieldRow } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Defined } from '../../kit/tooltip';
import { recipeDefinitions as about } from './recipe-definitions';

const items: readonly { readonly id: Provider; readonly title: string }[] = [
  { id: 'wasm', title: 'WASM' },
  { id: 'webgpu', title: 'WebGPU' },
];

export function LearnOn() {
  const providers = useStudio((s) => s.work.providers);
  const provider = useStudio(learnProvider);
  if (providers.length < 2) return null;
  return (
    <FieldRow
      label={<Defined definition={about.learnOn}>Learn on</Defined>}
      help={provider === 'wasm' ? undefined : 'Only a bundle that was learned on WASM can be made again to the byte.'}
    >
      <Segmented label="Learn on" value={provider} onChange={(learnOn) => setView({ learnOn })} items={items} />
    </FieldRow>
  );
}
