#pragma once

// Every layer.
#include "cornu/keras/layers/activations/activation.h"
#include "cornu/keras/layers/activations/relu.h"
#include "cornu/keras/layers/activations/softmax.h"
#include "cornu/keras/layers/convolutional/conv2d.h"
#include "cornu/keras/layers/core/dense.h"
#include "cornu/keras/layers/core/input_layer.h"
#include "cornu/keras/layers/merging/merge.h"
#include "cornu/keras/layers/normalization/batch_normalization.h"
#include "cornu/keras/layers/pooling/global_average_pooling2d.h"
#include "cornu/keras/layers/pooling/max_pooling2d.h"
#include "cornu/keras/layers/regularization/dropout.h"
#include "cornu/keras/layers/reshaping/flatten.h"
#include "cornu/keras/layers/reshaping/reshape.h"
