/** The trained networks that docs/RESULTS.md is about, with their data and how images become inputs. All lie beside the repository. */
import type { Preprocessing } from '../src/core/calibrate/types';

export interface ResultModel {
  readonly id: string;
  readonly title: string;
  readonly kind: 'cnn' | 'transformer';
  readonly file: string;
  /** Files or folders; training data and test data never mix. */
  readonly calibration: string;
  readonly test: string;
  readonly preprocessing: Partial<Preprocessing>;
  /** Of inputs whose extents the file leaves open. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

const fashion = { calibration: 'data/fashion_calib.npz', test: 'data/fashion_test.npz', preprocessing: { mean: [0.286], std: [0.353] } };

export const resultModels: readonly ResultModel[] = [
  { id: 'resnet14', title: 'ResNet-14, Fashion-MNIST', kind: 'cnn', file: 'resnet14_fashion_folded_op13.onnx', ...fashion },
  { id: 'vggbn', title: 'VGG with batch norm, Fashion-MNIST', kind: 'cnn', file: 'vggbn_fashion_folded_op13.onnx', ...fashion },
  { id: 'mobilenetv1', title: 'MobileNet-V1, Fashion-MNIST', kind: 'cnn', file: 'mobilenetv1_fashion_folded_op13.onnx', ...fashion },
  {
    id: 'resnet20',
    title: 'ResNet-20, CIFAR-10',
    kind: 'cnn',
    file: 'resnet20_cifar10_folded_op13.onnx',
    calibration: 'data/cifar10_calib.npz',
    test: 'data/cifar10_test.npz',
    preprocessing: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  },
  {
    id: 'mobilenet_0.25',
    title: 'MobileNet-V1 0.25, ImageNet',
    kind: 'cnn',
    file: 'mobilenet_v1_0.25_224_imagenet.onnx',
    calibration: 'data/imagenet/calib',
    test: 'data/imagenet/test',
    preprocessing: { scale: 127.5, mean: [1, 1, 1], std: [1, 1, 1] },
  },
  { id: 'vit', title: 'ViT, Fashion-MNIST', kind: 'transformer', file: 'vit_fashion_op17.onnx', ...fashion },
  { id: 'swin', title: 'Swin, Fashion-MNIST', kind: 'transformer', file: 'swin_fashion_op17.onnx', ...fashion },
  {
    id: 'bert',
    title: 'BERT, SMS spam',
    kind: 'transformer',
    file: 'bert_spam_op17.onnx',
    calibration: 'data/spam_calib.npz',
    test: 'data/spam_test.npz',
    preprocessing: {},
    shapes: { input_ids: [1, 64], attention_mask: [1, 64], token_type_ids: [1, 64] },
  },
];
