/** The last step: which files go into the zip, the zip itself, and how to check it on another machine. */
import { Binary, Box, Download, FileArchive, FileCode2, FileJson2, FolderClosed, type LucideIcon } from 'lucide-react';
import { useEffect } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { Recipe } from '../../../core/recipe/recipe';
import { chooseDeflate, loadEstimate } from '../../../store/actions/export';
import { exportBundle, saveBundle } from '../../../store/actions/steps';
import { openStep } from '../../../store/actions/view';
import { wholeChoice, type ExportSlice } from '../../../store/export-slice';
import { shown } from '../../../store/loadable';
import { conversionOf, isCalibrationStale, isStale, openModel } from '../../../store/selectors';
import type { FinishedExport } from '../../../store/state';
import { errorDetail, useStudio } from '../../../store/store';
import { wholeText } from '../../charts/format';
import { Button } from '../../kit/button';
import { CopyButton } from '../../kit/copy-button';
import { Badge, EmptyState, Notice, Panel } from '../../kit/feedback';
import { FieldRow } from '../../kit/field';
import { Segmented } from '../../kit/segmented';
import { Row, RowList } from '../../kit/stat';
import { StepFrame } from '../../kit/step-frame';
import { JobBar } from '../calibrate/job-bar';
import { bytesText } from '../open/bytes-text';
import { bundleName } from './bundle-name';
import styles from './export.module.css';
import { FormatDialog } from './format-dialog';
import { FormatList } from './format-list';

const title = 'Export';
const lead = 'One zip with the integer graph, every tensor of one sample, and its own checker.';

export function ExportPanel() {
  const converted = useStudio((s) => conversionOf(s) !== undefined);
  return converted ? <Ready /> : <NotConverted />;
}

function NotConverted() {
  return (
    <StepFrame
      title={title}
      lead={lead}
      foot={
        <Button icon={<Binary size={14} aria-hidden />} onClick={() => openStep('recipe')}>
          Go to the recipe
        </Button>
      }
    >
      <EmptyState icon={<FileArchive size={28} strokeWidth={1.5} aria-hidden />} title="Not converted yet">
        <p className={styles.hint}>The zip holds integers, and the conversion makes them.</p>
      </EmptyState>
    </StepFrame>
  );
}

function Ready() {
  const model = useStudio((s) => openModel(s)?.summary.name ?? '');
  const converted = useStudio((s) => s.work.convertedRecipe);
  const stale = useStudio(isStale);
  const exported = useStudio((s) => s.work.exported);
  const dataChanged = useStudio(isCalibrationStale);
  const synthetic = useStudio((s) => shown(s.work.calibration)?.source === 'synthetic');
  const conversion = useStudio(conversionOf);
  // What is on screen may be of the last visit, and its integers still on their way.
  const converting = useStudio((s) => s.work.conversion.kind === 'loading');
  const { formats, options, deflate } = useStudio(
    useShallow(({ exporting: e }) => ({ formats: e.formats, options: e.options, deflate: e.deflate })),
  );
  const bytes = useStudio((s) => bytesOf(s.exporting));
  const refused = useStudio((s) => (s.exporting.estimate.kind === 'failed' ? s.exporting.estimate.error : undefined));
  // of the conversion and the choice on screen
  useEffect(() => {
    if (!converting) void loadEstimate();
  }, [conversion, converting, formats, options]);
  const result = shown(exported);
  // Written by the store from a recipe.
  const recipe = converted === undefined ? undefined : (JSON.parse(converted) as Recipe);
  const name = recipe === undefined ? `${model}.t2c.zip` : bundleName(model, recipe);
  return (
    <StepFrame
      title={title}
      lead={lead}
      result={result}
      foot={
        exported.kind === 'loading' ? (
          <JobBar job="export" progress={exported.progress} />
        ) : (
          <Button
            look="primary"
            icon={<FileArchive size={14} aria-hidden />}
            disabled={converting}
            onClick={() => void exportBundle({ formats, options, level: deflate ? 6 : 0 })}
            data-testid="start-export"
          >
            {converting ? 'Converting first…' : 'Export the zip'}
          </Button>
        )
      }
    >
      {(stale || dataChanged || synthetic) && (
        <Panel title="Before you export">
          <div className={styles.notices}>
            {dataChanged && (
              <Notice tone="watch" title="The data have changed since the calibration">
                The zip will hold the integers of the older data.{' '}
                <Button size="small" onClick={() => openStep('calibrate')}>
                  Calibrate again
                </Button>
              </Notice>
            )}
            {stale && (
              <Notice tone="watch" title="The recipe has changed since the conversion">
                The zip will hold the integers of the older recipe.{' '}
                <Button size="small" onClick={() => openStep('recipe')}>
                  Convert again
                </Button>
              </Notice>
            )}
            {synthetic && (
              <Notice tone="bad" title="Calibrated with random numbers">
                The scales are wrong for real data. The manifest says so.
              </Notice>
            )}
          </div>
        </Panel>
      )}
      {result !== undefined && <Result result={result} />}
      <Panel title="Formats">
        <Always />
        <FormatList />
      </Panel>
      <Panel title="The zip">
        {refused !== undefined && (
          <Notice tone="bad" title={refused.what}>
            {errorDetail(refused)}
          </Notice>
        )}
        <RowList>
          <Row
            label="Size, about"
            value={bytes === undefined ? '…' : <span data-testid="estimate">{bytesText(bytes)}</span>}
            unit={deflate ? 'before it is deflated' : undefined}
          />
        </RowList>
        <FieldRow
          label="Compression"
          help={deflate ? 'Smaller, and several times slower to write.' : 'Fastest to write; the bytes lie in the zip as they are.'}
        >
          <Segmented
            label="Compression"
            value={deflate ? 'deflate' : 'store'}
            onChange={(way) => chooseDeflate(way === 'deflate')}
            items={[
              { id: 'store', title: 'Stored' },
              { id: 'deflate', title: 'Deflated' },
            ]}
          />
        </FieldRow>
        <div className={styles.name}>
          <FileArchive size={14} aria-hidden />
          <code title={name} data-testid="bundle-name">
            {name}
          </code>
          <CopyButton label="Copy the file name" text={name} />
        </div>
      </Panel>
      <Verify name={result?.fileName ?? name} />
      <FormatDialog />
    </StepFrame>
  );
}

const parts: readonly { readonly icon: LucideIcon; readonly path: string; readonly text: string }[] = [
  { icon: FileJson2, path: 'manifest.json', text: 'graph, scales, proofs, hashes' },
  { icon: FolderClosed, path: 'tensors/*.npy', text: 'x1, x2, y, yq of every operator' },
  { icon: FolderClosed, path: 'params/*.npy', text: 'bias, multipliers, shifts' },
  { icon: Box, path: 'model/*.onnx', text: 'integer operators; fake-quantized' },
  { icon: FileCode2, path: 'verify.py', text: 'recomputes all with numpy' },
];

function Always() {
  return (
    <section className={styles.group} aria-label="Always inside">
      <h4>Always inside</h4>
      <ul className={styles.files}>
        {parts.map(({ icon: Icon, path, text }) => (
          <li key={path}>
            <Icon size={14} aria-hidden />
            <code>{path}</code>
            <span title={text}>{text}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** undefined: not known yet. */
function bytesOf(exporting: ExportSlice): number | undefined {
  const estimate = shown(exporting.estimate);
  return estimate && wholeChoice(exporting).reduce((sum, { id }) => sum + (estimate.formats[id] ?? 0), estimate.always);
}

function Result({ result }: { readonly result: FinishedExport }) {
  return (
    <Panel title="Result" aside={<Badge tone="good">exported</Badge>}>
      <div data-testid="export-result">
        <RowList>
          <Row label="File" value={result.fileName} title={result.fileName} />
          <Row label="Size" value={bytesText(result.bytes)} unit={`${wholeText(result.bytes)} bytes`} />
          <Row label="Files inside" value={wholeText(result.files)} />
        </RowList>
      </div>
      <div className={styles.again}>
        <Button size="small" icon={<Download size={13} aria-hidden />} onClick={saveBundle} data-testid="download-again">
          Download again
        </Button>
      </div>
    </Panel>
  );
}

function Verify({ name }: { readonly name: string }) {
  const folder = name.replace(/\.t2c\.zip$/, '');
  const commands = [`unzip ${name} -d ${folder}`, `cd ${folder}`, 'python3 verify.py'];
  return (
    <Panel title="Check it anywhere" aside="Python with numpy">
      <p className={styles.lead}>Recomputes every operator from its stored inputs, and names the first tensor that differs.</p>
      <div className={styles.commands}>
        <pre>
          {commands.map((c) => (
            <code key={c} title={c}>
              <span aria-hidden>$ </span>
              {c}
            </code>
          ))}
        </pre>
        <CopyButton label="Copy the commands" text={commands.join('\n')} />
      </div>
    </Panel>
  );
}
