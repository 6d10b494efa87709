/** The comparison of recipes in the place of the graph: what to run at the left, the table at the right. */
import { ChevronLeft, FileJson2, FileSpreadsheet, Table2, Trash2 } from 'lucide-react';
import { clearRows, exportRows, setComparison, showPlace } from '../../../store/actions/compare';
import { basisNow, staleReason } from '../../../store/comparison';
import type { ComparedRow } from '../../../store/comparison-slice';
import { useStudio } from '../../../store/store';
import { wholeText } from '../../charts/format';
import { Button, IconButton } from '../../kit/button';
import { EmptyState } from '../../kit/feedback';
import { Select } from '../../kit/field';
import { widthsOf, widthsText } from '../../../core/recipe/preset-recipe';
import { RecipeTable } from './recipe-table';
import styles from './recipes.module.css';
import { SetupPanel } from './setup-panel';
import { HintLine } from '../shell/hint-line';

const float = 'fp32';

export function RecipesView() {
  const rows = useStudio((s) => s.work.compared);
  const comparing = useStudio((s) => s.work.comparing);
  return (
    <div className={styles.view} data-testid="recipes-view">
      <aside className={styles.setup}>
        <SetupPanel />
      </aside>
      <section className={styles.main} aria-label="Results">
        <Head rows={rows} />
        <HintLine place="recipes" />
        {rows.length === 0 && comparing === undefined ? (
          <EmptyState icon={<Table2 size={28} strokeWidth={1.5} aria-hidden />} title="No recipe was tried yet">
            <p className={styles.hint}>
              Choose recipes, bits and test data at the left, and run them. Each gives a row: accuracy, distance to the float model, size
              and time. A click on its name takes a recipe over.
            </p>
          </EmptyState>
        ) : (
          <RecipeTable rows={rows} />
        )}
      </section>
    </div>
  );
}

function Head({ rows }: { readonly rows: readonly ComparedRow[] }) {
  const baseline = useStudio((s) => s.view.comparison.baseline);
  const stale = useStudio((s) => {
    const now = basisNow(s);
    return s.work.compared.filter((r) => staleReason(r, now) !== undefined).length;
  });
  const done = rows.filter((r) => r.outcome.kind === 'done');
  return (
    <header className={styles.head}>
      <IconButton label="Back to the graph" shortcut="Esc" onClick={() => showPlace('graph')} data-testid="leave-recipes">
        <ChevronLeft size={16} aria-hidden />
      </IconButton>
      <h2>Recipes</h2>
      <span className={styles.count}>
        {rows.length === 0 ? '' : `${wholeText(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}`}
        {stale > 0 ? `, ${stale} out of date` : ''}
      </span>
      <span className={styles.spacer} />
      {done.length > 0 && (
        <label className={styles.baseline}>
          <span>Against</span>
          <Select
            label="Baseline"
            value={baseline ?? float}
            onChange={(id) => setComparison({ baseline: id === float ? undefined : id })}
            items={[
              { id: float, title: 'FP32' },
              ...done.map((r) => ({ id: r.id, title: `${r.name}, ${widthsText(widthsOf(r.recipe))}` })),
            ]}
          />
        </label>
      )}
      {rows.length > 0 && (
        <div className={styles.tools}>
          <Button
            size="small"
            icon={<FileSpreadsheet size={13} aria-hidden />}
            onClick={() => exportRows(rows, 'csv')}
            data-testid="export-csv"
          >
            CSV
          </Button>
          <Button
            size="small"
            icon={<FileJson2 size={13} aria-hidden />}
            onClick={() => exportRows(rows, 'json')}
            data-testid="export-json"
          >
            JSON
          </Button>
          <IconButton label="Remove all rows" size="small" onClick={clearRows}>
            <Trash2 size={14} aria-hidden />
          </IconButton>
        </div>
      )}
    </header>
  );
}
