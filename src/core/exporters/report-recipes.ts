/**
 * The comparison of recipes in the report: one row a recipe, the best of each column marked. Times are left out: they differ
 * from run to run, and a bundle may not.
 */
import { bestOf, columns, type Column, type RecipeRow } from '../recipe/recipe-table';
import { escapeHtml } from './html';

const shown = columns.filter((c) => c.unit !== 'ms');
const units: Readonly<Partial<Record<Column['unit'], string>>> = { share: ' %', nat: ' nat', dB: ' dB', byte: ' bytes' };
const isNumber = (c: Column): boolean => c.unit !== 'text';

function cellText({ unit, value }: Column, row: RecipeRow): string {
  const cell = value(row);
  if (typeof cell !== 'number') return cell ?? '';
  if (unit === 'share') return (100 * cell).toFixed(2);
  if (unit === 'dB') return cell.toFixed(1);
  return unit === 'nat' ? cell.toPrecision(3) : String(cell);
}

/** A section; nothing without rows. */
export function recipesHtml(rows: readonly RecipeRow[]): string {
  if (rows.length === 0) return '';
  const best = new Map(shown.map((c) => [c.id, bestOf(rows, c)]));
  const cells = (row: RecipeRow): string =>
    shown
      .map((c, i) => {
        const text = escapeHtml(cellText(c, row));
        if (i === 0) return `<th scope="row">${text}</th>`;
        return `<td${isNumber(c) ? ' class="n"' : ''}>${best.get(c.id)?.has(row.id) ? `<b>${text}</b>` : text}</td>`;
      })
      .join('');
  const failed = rows.flatMap(({ name, outcome }) =>
    outcome.kind === 'failed' ? [`<li>${escapeHtml(`${name}: ${outcome.reason}`)}</li>`] : [],
  );
  return `<section>
<h2>Recipes compared</h2>
<div class="table"><table>
<thead><tr>${shown.map((c) => `<th scope="col"${isNumber(c) ? ' class="n"' : ''}>${c.title}${units[c.unit] ?? ''}</th>`).join('')}</tr></thead>
<tbody>
${rows.map((row) => `<tr>${cells(row)}</tr>`).join('\n')}
</tbody>
</table></div>
${failed.length === 0 ? '' : `<ul>${failed.join('')}</ul>`}
<p>On the same model, calibration and test data. Integer is the exact integer model, fake the same network in float on the integer grid. Agreement, KL and SQNR are against FP32. The best of a column is bold.</p>
</section>`;
}
