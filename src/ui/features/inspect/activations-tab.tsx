/** What flows into and out of a layer, over all calibration samples, with the range of the integers drawn over it. */
import type { LayerDetail } from '../../../engine/api';
import { Distribution } from './distribution';
import { Missing } from './missing';

export function ActivationsTab({ detail }: { readonly detail: LayerDetail }) {
  if (detail.input === undefined && detail.output === undefined) {
    return (
      <Missing title="Not calibrated yet" need="calibration">
        Calibration shows which values flow through this layer, and how many of them an integer range would clip.
      </Missing>
    );
  }
  return (
    <>
      {detail.input !== undefined && <Distribution title="Input" label="Input" view={detail.input} />}
      {detail.output !== undefined && <Distribution title="Output" label="Output" view={detail.output} />}
    </>
  );
}
