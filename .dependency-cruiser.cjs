/**
 * The dependency rule of docs/ARCHITECTURE.md as a table: room -> what it may import. An edge that is not
 * listed is an error, and so is a circle. scripts/dependency-rule.test.ts proves that forbidden edges are caught.
 * A file may always import from its own room. Tests and *.fixture files are not bound by the table.
 */

/** @param {...string} rooms rooms of the core */
const core = (...rooms) => rooms.map((room) => `src/core/${room}`);

/** room -> { may: rooms imported freely, types: rooms of which only types are imported, npm: packages, node: node: modules } */
const table = {
  // The pure core, lowest room first.
  'src/core/base': { npm: ['fflate', '@noble/hashes'] },
  'src/core/ir': { may: core('base') },
  // WebAssembly compiled from kernel/assembly, which is no TypeScript of ours and is not imported.
  'src/core/kernel': { may: core('base', 'ir') },
  'src/core/onnx': { may: core('base', 'ir') },
  'src/core/ops': { may: core('base', 'ir', 'kernel') },
  'src/core/passes': { may: core('base', 'ir', 'ops', 'onnx') },
  'src/core/reconstruct': { may: core('base', 'ir', 'ops', 'passes') },
  'src/core/quant': { may: core('base', 'ir', 'ops', 'passes', 'reconstruct') },
  'src/core/recipe': { may: core('base', 'ir', 'quant'), npm: ['valibot'] },
  'src/core/data': { may: core('base', 'ir'), types: core('calibrate'), npm: ['fflate'] },
  'src/core/calibrate': { may: core('base', 'ir', 'ops', 'passes', 'quant', 'recipe', 'data'), npm: ['valibot'] },
  'src/core/integer': { may: core('base', 'ir', 'kernel', 'ops', 'passes', 'quant', 'recipe', 'calibrate') },
  'src/core/prepare': { may: core('base', 'ir', 'ops', 'passes', 'reconstruct', 'quant', 'recipe', 'calibrate', 'integer') },
  'src/core/analysis': { may: core('base', 'ir', 'ops', 'onnx', 'passes', 'quant', 'recipe', 'calibrate', 'integer') },
  'src/core/exporters': {
    may: core('base', 'ir', 'ops', 'onnx', 'passes', 'quant', 'recipe', 'calibrate', 'integer', 'analysis'),
    npm: ['fflate', 'valibot'],
  },
  'src/core/project': { may: core('base', 'ir', 'quant', 'recipe', 'data', 'exporters'), npm: ['fflate', 'valibot'] },
  'src/core/plugin': {
    may: core('base', 'ir', 'quant', 'recipe', 'analysis', 'exporters'),
    npm: ['valibot'],
  },
  'src/core/index.ts': { may: ['src/core'] },
  // The shells.
  'src/engine': { may: ['src/core/index.ts'], types: ['src/core'], npm: ['valibot'] },
  'src/adapters': {
    // package.json is the one source of the version; the program inside a sandbox is small, so it takes a single file of the core
    may: ['src/core/index.ts', 'src/core/plugin/remote.ts', 'src/engine/ports.ts', 'package.json'],
    types: ['src/core', 'src/engine'],
    npm: ['onnxruntime-web', 'comlink', 'idb-keyval', 'jpeg-js', 'fast-png', 'tsx', 'sucrase', 'typescript'],
    node: true,
  },
  'src/store': {
    // The default recipe and the error type are values; comparing recipes is the core's, and knows no quantizer.
    may: [
      'src/adapters/rpc',
      ...['recipe', 'canonical-json', 'preset-recipe', 'recipe-table', 'compare-recipes', 'dictionary-schema'].map(
        (name) => `src/core/recipe/${name}.ts`,
      ),
      'src/core/base/errors.ts',
      // A point of a sweep as a recipe.
      'src/core/recipe/bit-widths.ts',
      'src/core/analysis/sensitivity/apply.ts',
    ],
    types: ['src/core', 'src/engine'],
    npm: ['zustand', 'valibot', 'idb-keyval'],
  },
  'src/ui': {
    // How numbers of the core are written, the same on page and command line.
    may: [
      'src/store',
      ...['trace/text', 'hardware/csv', 'hardware/memory-size', 'sensitivity/csv'].map((name) => `src/core/analysis/${name}.ts`),
      // The columns of the table of recipes.
      ...['recipe-table', 'preset-recipe'].map((name) => `src/core/recipe/${name}.ts`),
      // The text that the tutorial shows.
      'docs/PLUGINS.md',
    ],
    types: ['src/core', 'src/engine'],
    npm: [
      '@base-ui/react',
      '@tanstack/react-virtual',
      '@xyflow/react',
      'cmdk',
      'd3-array',
      'd3-format',
      'd3-scale',
      'd3-shape',
      'lucide-react',
      'react',
      'react-dom',
      'react-resizable-panels',
      'zustand',
      'codemirror',
      '@codemirror/autocomplete',
      '@codemirror/lang-javascript',
      '@codemirror/language',
      '@codemirror/lint',
      '@codemirror/state',
      '@codemirror/view',
      '@lezer/highlight',
    ],
  },
  workers: {
    may: [
      'src/core/index.ts',
      ...['graph-layout', 'level-cache', 'layered-place'].map((file) => `src/core/analysis/${file}.ts`),
      'src/engine',
      'src/adapters',
    ],
    types: ['src/core'],
    npm: ['comlink', '@dagrejs/dagre', 'workbox-precaching', 'workbox-routing', 'workbox-strategies'],
  },
  // Composition roots: they build things together.
  'src/app': {
    may: ['src/core/index.ts', 'src/engine', 'src/adapters', 'src/store', 'src/ui', 'workers'],
    types: ['src/core'],
    npm: ['react', 'react-dom', 'lucide-react', 'react-resizable-panels', '@fontsource-variable/geist', '@fontsource-variable/geist-mono'],
  },
  'src/cli': { may: ['src/core/index.ts', 'src/engine', 'src/adapters'], types: ['src/core'], npm: ['cac'], node: true },
};

/** @param {string} path */
const escaped = (path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
/** @param {string} room A folder, or a file when it has an extension. */
const inRoom = (room) => `^${escaped(room)}${/\.[a-z]+$/.test(room) ? '$' : '(/|\\.tsx?$)'}`;
/** Also the bare name, for `?url` imports, which only Vite resolves. @param {string} name */
const inPackage = (name) => `(?:^|node_modules/(?:@types/)?)${escaped(name)}(/|$)`;

const allowed = Object.entries(table).flatMap(([room, edges]) => {
  const from = { path: inRoom(room) };
  const free = [room, ...(edges.may ?? [])].map((other) => inRoom(other));
  const packages = (edges.npm ?? []).map((name) => inPackage(name));
  return [
    { from, to: { path: [...free, ...packages] } },
    ...(edges.types ?? []).map((other) => ({ from, to: { path: inRoom(other), dependencyTypes: ['type-only'] } })),
    // texts that scripts/ makes when the page is built
    { from, to: { path: '^virtual:' } },
    ...(edges.node ? [{ from, to: { dependencyTypes: ['core'] } }] : []),
  ];
});

module.exports = {
  allowed,
  allowedSeverity: 'error',
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true, pathNot: '\\?(url|worker|raw)|^virtual:' } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '\\.(test|fixture)\\.tsx?$|\\.css$' },
    tsPreCompilationDeps: 'specify',
    tsConfig: { fileName: require('node:path').join(__dirname, 'tsconfig.base.json') },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'browser', 'default', 'types'] },
  },
};
