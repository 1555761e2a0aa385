#pragma once

#include <optional>
#include <string>
#include <utility>

#include "cornu/keras/ops/int_or_list.h"
#include "cornu/tensor.h"

// keras.ops.nn: activations, convolutions, pooling, crossentropies; and keras.ops.matmul. Activations are computed "in float"
// (see numpy.h).

namespace cornu::keras::ops {

// numpy's matmul: vectors are rows on the left and columns on the right, leading axes broadcast.
CORNU_API Tensor matmul(const Tensor& x1, const Tensor& x2);

CORNU_API Tensor relu(const Tensor& x);
CORNU_API Tensor relu6(const Tensor& x);     // min(max(x, 0), 6)
CORNU_API Tensor sigmoid(const Tensor& x);   // 1 / (1 + exp(-x))
CORNU_API Tensor softplus(const Tensor& x);  // log(1 + exp(x))
CORNU_API Tensor softsign(const Tensor& x);  // x / (1 + |x|)
CORNU_API Tensor silu(const Tensor& x);      // x sigmoid(x)
CORNU_API Tensor log_sigmoid(const Tensor& x);
CORNU_API Tensor hard_sigmoid(const Tensor& x);  // relu6(x + 3) / 6
CORNU_API Tensor hard_silu(const Tensor& x);     // x hard_sigmoid(x)
CORNU_API Tensor elu(const Tensor& x, double alpha = 1.0);
CORNU_API Tensor selu(const Tensor& x);  // Klambauer et al., 2017
CORNU_API Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
// x Phi(x) (Hendrycks and Gimpel, 2016), by erf or, when approximate, by tanh.
CORNU_API Tensor gelu(const Tensor& x, bool approximate = true);
CORNU_API Tensor celu(const Tensor& x, double alpha = 1.0);             // max(x, 0) + alpha (exp(min(x, 0) / alpha) - 1)
CORNU_API Tensor squareplus(const Tensor& x, double b = 4);             // (x + sqrt(x^2 + b)) / 2
CORNU_API Tensor tanh_shrink(const Tensor& x);                          // x - tanh(x)
CORNU_API Tensor hard_tanh(const Tensor& x);                            // x within [-1, 1]
CORNU_API Tensor hard_shrink(const Tensor& x, double threshold = 0.5);  // 0 where |x| <= threshold
CORNU_API Tensor soft_shrink(const Tensor& x, double threshold = 0.5);  // the same, and the others nearer to 0 by the threshold
CORNU_API Tensor threshold(const Tensor& x, double threshold, double default_value);  // default_value where x <= threshold
CORNU_API Tensor sparse_plus(const Tensor& x);     // 0 below -1, x above 1, (x + 1)^2 / 4 between. Martins and Astudillo, 2016
CORNU_API Tensor sparse_sigmoid(const Tensor& x);  // its derivative
// A softmax with zeros (Martins and Astudillo, 2016) as Keras computes it: its threshold sums the cumulative sums of the support.
CORNU_API Tensor sparsemax(const Tensor& x, int axis = -1);
// The first half along an axis times the sigmoid of the second. Dauphin et al., 2017. ValueError: an odd extent.
CORNU_API Tensor glu(const Tensor& x, int axis = -1);
CORNU_API Tensor softmax(const Tensor& x, const IntOrList& axis = -1);
CORNU_API Tensor log_softmax(const Tensor& x, const IntOrList& axis = -1);

// inputs (N, spatial..., C) and kernel (spatial..., C / groups, filters); "channels_first" inputs are (N, C, spatial...).
CORNU_API Tensor conv(const Tensor& inputs, const Tensor& kernel, const IntOrList& strides = 1,
                      const std::string& padding = "valid", const std::string& data_format = "",
                      const IntOrList& dilation_rate = 1);
// Each channel by itself: kernel (spatial..., C, multiplier) gives C * multiplier channels.
CORNU_API Tensor depthwise_conv(const Tensor& inputs, const Tensor& kernel, const IntOrList& strides = 1,
                                const std::string& padding = "valid", const std::string& data_format = "",
                                const IntOrList& dilation_rate = 1);
// A depthwise convolution, then one with pointwise_kernel (1..., C * multiplier, filters).
CORNU_API Tensor separable_conv(const Tensor& inputs, const Tensor& depthwise_kernel, const Tensor& pointwise_kernel,
                                const IntOrList& strides = 1, const std::string& padding = "valid",
                                const std::string& data_format = "", const IntOrList& dilation_rate = 1);
// The gradient of `conv` with respect to its inputs, taken as a layer: kernel (spatial..., filters, C). An axis gets
// (n - 1) strides + kernel - 2 padding + output_padding elements; without output_padding, "same" n strides and "valid"
// n strides + max(kernel - strides, 0), of a kernel spread by its dilation.
CORNU_API Tensor conv_transpose(const Tensor& inputs, const Tensor& kernel, const IntOrList& strides = 1,
                                const std::string& padding = "valid", const IntOrList& output_padding = {},
                                const std::string& data_format = "", const IntOrList& dilation_rate = 1);
CORNU_API Tensor max_pool(const Tensor& inputs, const IntOrList& pool_size, const IntOrList& strides = {},
                          const std::string& padding = "valid", const std::string& data_format = "");
CORNU_API Tensor average_pool(const Tensor& inputs, const IntOrList& pool_size, const IntOrList& strides = {},
                              const std::string& padding = "valid", const std::string& data_format = "");

// Zeros with a one at each index's class: the new axis is `axis`.
CORNU_API Tensor one_hot(const Tensor& x, int64_t num_classes, int axis = -1, std::optional<DType> dtype = {});

// Ones at the class of any index along axis 1 (0 of a vector): rows of indices become rows of zeros and ones.
CORNU_API Tensor multi_hot(const Tensor& inputs, std::optional<int64_t> num_classes = {}, int axis = -1,
                           std::optional<DType> dtype = {}, bool sparse = false);

// Channels become blocks of pixels, (N, H, W, C) -> (N, H b, W b, C / b^2), and back.
CORNU_API Tensor depth_to_space(const Tensor& x, int64_t block_size, const std::string& data_format = "channels_last");
CORNU_API Tensor space_to_depth(const Tensor& x, int64_t block_size, const std::string& data_format = "channels_last");

// x / max(norm(x), epsilon) along the axes, of an integer order >= 1 (ValueError); `epsilon` is keras's by default.
CORNU_API Tensor normalize(const Tensor& x, const IntOrList& axis = -1, int order = 2, std::optional<double> epsilon = {});
// The mean and the population's variance over the axes.
CORNU_API std::pair<Tensor, Tensor> moments(const Tensor& x, const IntOrList& axes, bool keepdims = false,
                                            bool synchronized = false);

// -sum(target log(output)) along an axis; outputs that are no logits are first made to sum to 1 and kept in [epsilon, 1 - epsilon].
CORNU_API Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false, int axis = -1);
// The same of integer targets. A target outside of [0, classes) ends the run in a ValueError; `ignore_class` counts for nothing.
CORNU_API Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false,
                                                 int axis = -1, std::optional<int> ignore_class = {});
// Element by element.
CORNU_API Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);

}  // namespace cornu::keras::ops
