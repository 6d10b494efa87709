/**
 * What exporters' names say about where in the network something is: `/layer1/layer1.0/conv1/Conv` of PyTorch 2,
 * `blocks.0.attn.qkv.bias` of a parameter, `resnet50/conv1/Conv2D` of TensorFlow, `Conv_23` that says nothing.
 * Pure text; a scope is a path of modules with dots between, '' the outermost one.
 */

/** Where a node is, and what it is called there. */
export interface Place {
  readonly scope: string;
  /** The operator's own name in the scope, in lower case: `conv`, `matmul_1`. undefined: the scope is the node's name. */
  readonly local: string | undefined;
}

/** Names of operators in other frameworks that end a path, besides the node's own operator. */
const foreignOps =
  /^(Conv[123]D|DepthwiseConv2d(Native)?|depthwise|BiasAdd|FusedBatchNorm(V\d)?|Relu6?|AvgPool|ReadVariableOp|AddV2|convolution|separable_conv2d)(_\d+)?$/;

/** What a node's name says; undefined where it is missing, made up or only a number. */
export function placeOfName(name: string, op: string): Place | undefined {
  if (isMadeUp(name, op)) return undefined;
  const parts = name.split('/').filter((p) => p !== '' && p !== 'StatefulPartitionedCall');
  const last = parts.at(-1);
  if (last === undefined) return undefined;
  const isOp = last === op || last.replace(/_\d+$/, '') === op || foreignOps.test(last);
  if (name.includes('/') && isOp) {
    const path = parts.slice(0, -1);
    // Keras: `query/einsum/Einsum`, `attention/einsum_1/Einsum`
    const local = op === 'Einsum' && /^einsum(_\d+)?$/.test(path.at(-1) ?? '') ? (path.pop() as string) : last;
    return { scope: scopeOf(path), local: sanitized(local).toLowerCase() };
  }
  return { scope: scopeOf(parts), local: undefined };
}

/**
 * Names that exporters number: `Conv_23`, `Conv__5`, `node_Conv_7`, `node_conv2d_1`, `p2o.Conv.3`, `n12`, `231`. A name
 * in lower case with a number (`conv1`) is what a person called a layer.
 */
function isMadeUp(name: string, op: string): boolean {
  if (name === '' || /^(n|node_?)?\d+$/.test(name) || /^(node_|p2o\.)/.test(name)) return true;
  return name === op || (name.startsWith(op) && /^_*\d+$/.test(name.slice(op.length)));
}

/**
 * What torch.export wrote: qualified module names, outermost first, then the operation's name with a number that counts
 * through the whole network. The operator says the same without the number.
 */
export function placeOfScopes(scopes: readonly string[], op: string): Place | undefined {
  return scopes.length === 0 ? undefined : { scope: scopeOf(scopes.slice(0, -1)), local: op.toLowerCase() };
}

/** `layer1`, `layer1.0`, `conv1` is `layer1.0.conv1`: a part that goes on from the one before it replaces it. */
function scopeOf(parts: readonly string[]): string {
  const path: string[] = [];
  for (const part of parts) {
    const before = path.at(-1);
    if (before !== undefined && part.startsWith(`${before}.`)) path.pop();
    else if (part.startsWith(`${path.join('.')}.`)) path.length = 0;
    path.push(part);
  }
  return sanitized(path.join('.'));
}

const parameters =
  'weights?|bias|biases|(?:depthwise_|pointwise_)?kernel|gamma|beta|running_mean|running_var|moving_mean|moving_variance|alpha|slope|scale|w_0|b_0|w|b';

/** The module that owns a parameter: `layer1.0.conv1.weight` is of `layer1.0.conv1`. undefined: the name does not say. */
export function ownerOfParameter(name: string): string | undefined {
  const bare = name.replace(/:0$/, '').replace(/^StatefulPartitionedCall\//, '');
  // TensorFlow: `model/conv1/Conv2D/ReadVariableOp` is read by the operator of the layer
  const reader = /^(.+)\/([^/]+)\/ReadVariableOp(_\d+)?$/.exec(bare);
  if (reader && (foreignOps.test(reader[2] ?? '') || /^(MatMul|Einsum|add|mul)$/.test(reader[2] ?? ''))) {
    return sanitized(scopeOf((reader[1] as string).replace(/\/einsum(_\d+)?$/, '').split('/')));
  }
  if (bare.includes('::') || /^\d+$/.test(bare) || /(^|\/)Constant/.test(bare)) return undefined;
  const found = new RegExp(`^(.+?)[./_](?:${parameters})(?:_quantized|_dequantized)?$`).exec(bare);
  return found?.[1] === undefined ? undefined : sanitized(scopeOf(found[1].split('/').filter((p) => p !== '')));
}

/** Only what file names, globs and tools take: `A-Z a-z 0-9 . _ -`. */
export function sanitized(text: string): string {
  return text
    .replaceAll(/[^A-Za-z0-9._-]+/g, '_')
    .replaceAll(/\.{2,}/g, '.')
    .replaceAll(/^[._]+|[._]+$/g, '');
}

export function parentOf(scope: string): string {
  return scope.slice(0, Math.max(0, scope.lastIndexOf('.')));
}

export function joined(scope: string, local: string): string {
  return scope === '' ? local : `${scope}.${local}`;
}
