// Convolutions as they are defined: every product of an element of x with one of w belongs to one element of y.
#include <algorithm>

#include "tests/virtual_gpu/cudnn_graph.h"

namespace virtual_gpu {
namespace {

constexpr int kMostSpatial = 3;

struct Geometry {
  std::size_t axes;
  std::int64_t batch, groups, x_channels, y_channels;  // channels of one group
  std::int64_t x[kMostSpatial], w[kMostSpatial], y[kMostSpatial];
  std::int64_t stride[kMostSpatial], dilation[kMostSpatial], low[kMostSpatial], high[kMostSpatial];
};

struct Roles {
  const Tensor &x, &w, &y;
};
Roles roles_of(const Operation& operation) {
  const auto& [in, out] = std::tie(operation.inputs, operation.output);
  switch (operation.kind->type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR: return {out, in[1], in[0]};
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR: return {in[0], out, in[1]};
    default: return {in[0], in[1], out};
  }
}

// Axes that are not there have extent 1.
Geometry geometry_of(const Operation& operation) {
  const auto [x, w, y] = roles_of(operation);
  const Descriptor& settings = *operation.settings;
  const auto at = [&](cudnnBackendAttributeName_t name, std::size_t axis) { return settings.list<std::int64_t>(name)[axis]; };
  Geometry g{.axes = x.dims.size() - 2,
             .batch = x.dims[0],
             .groups = x.dims[1] / w.dims[1],
             .x_channels = w.dims[1],
             .y_channels = w.dims[0] / (x.dims[1] / w.dims[1])};
  for (std::size_t i = 0; i < kMostSpatial; ++i) {
    const bool is_there = i < g.axes;
    g.x[i] = is_there ? x.dims[i + 2] : 1;
    g.w[i] = is_there ? w.dims[i + 2] : 1;
    g.y[i] = is_there ? y.dims[i + 2] : 1;
    g.stride[i] = is_there ? at(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, i) : 1;
    g.dilation[i] = is_there ? at(CUDNN_ATTR_CONVOLUTION_DILATIONS, i) : 1;
    g.low[i] = is_there ? at(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, i) : 0;
    g.high[i] = is_there ? at(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, i) : 0;
  }
  return g;
}

void check(const Operation& operation) {
  const auto refuse_if = [](bool is_wrong, const char* why) {
    if (is_wrong) throw Refused{CUDNN_STATUS_BAD_PARAM, why};
  };
  const auto [x, w, y] = roles_of(operation);
  const std::size_t rank = static_cast<std::size_t>(operation.settings->integer(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS)) + 2;
  refuse_if(x.dims.size() != rank || w.dims.size() != rank || y.dims.size() != rank,
            "a tensor of a convolution has two dimensions more than it has spatial ones");
  refuse_if(x.dims[0] != y.dims[0], "x and y differ in their batch");
  refuse_if(x.dims[1] % w.dims[1] != 0, "the channels of x are no multiple of those of w");
  refuse_if(w.dims[0] % (x.dims[1] / w.dims[1]) != 0, "the filters are no multiple of the groups");
  refuse_if(y.dims[1] != w.dims[0], "the channels of y are not the filters");
  const Geometry g = geometry_of(operation);
  for (std::size_t i = 0; i < g.axes; ++i) {
    const std::int64_t room = g.x[i] + g.low[i] + g.high[i] - (g.dilation[i] * (g.w[i] - 1) + 1);
    refuse_if(room < 0 || g.y[i] != room / g.stride[i] + 1, "the spatial extents of x, w and y do not belong together");
  }
}

// Calls f(position in y, position in x, tap of w), positions counted over batch and spatial axes.
template <class F>
void for_each_tap(const Geometry& g, F f) {
  const std::int64_t x_positions = g.x[0] * g.x[1] * g.x[2];
  std::int64_t at_y = 0, in[kMostSpatial], out[kMostSpatial], tap[kMostSpatial];
  const auto find = [&](int axis) {
    in[axis] = out[axis] * g.stride[axis] - g.low[axis] + tap[axis] * g.dilation[axis];
    return in[axis] >= 0 && in[axis] < g.x[axis];
  };
  for (std::int64_t n = 0; n < g.batch; ++n)
    for (out[0] = 0; out[0] < g.y[0]; ++out[0])
      for (out[1] = 0; out[1] < g.y[1]; ++out[1])
        for (out[2] = 0; out[2] < g.y[2]; ++out[2], ++at_y)
          for (tap[0] = 0; tap[0] < g.w[0]; ++tap[0])
            for (tap[1] = 0; find(0) && tap[1] < g.w[1]; ++tap[1])
              for (tap[2] = 0; find(1) && tap[2] < g.w[2]; ++tap[2])
                if (find(2))
                  f(at_y, n * x_positions + (in[0] * g.x[1] + in[1]) * g.x[2] + in[2],
                    (tap[0] * g.w[1] + tap[1]) * g.w[2] + tap[2]);
}

// to[j] += sum over i of from[i] * matrix[i, j]; rows of the matrix lie `width` apart.
void add_product(double* to, const double* from, const double* matrix, std::int64_t rows, std::int64_t columns,
                 std::int64_t width) {
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) to[j] += from[i] * matrix[i * width + j];
}

// w is [taps, channels of x in a group, filters] wherever it is summed over; its own order is [filters, taps, channels].
std::vector<double> turned(const Geometry& g, const Values& w) {
  const std::int64_t taps = g.w[0] * g.w[1] * g.w[2], filters = g.groups * g.y_channels, rows = taps * g.x_channels;
  std::vector<double> out(w.size());
  for (std::int64_t k = 0; k < filters; ++k)
    for (std::int64_t r = 0; r < rows; ++r)
      out[static_cast<std::size_t>(r * filters + k)] = w[static_cast<std::size_t>(k * rows + r)];
  return out;
}

Values forward(const Operation& operation, const std::vector<const Values*>& inputs) {
  const Geometry g = geometry_of(operation);
  const std::vector<double> w = turned(g, *inputs[1]);
  Values y(static_cast<std::size_t>(operation.output.size()));
  const std::int64_t filters = g.groups * g.y_channels;
  for_each_tap(g, [&](std::int64_t at_y, std::int64_t at_x, std::int64_t tap) {
    for (std::int64_t group = 0; group < g.groups; ++group)
      add_product(y.data() + at_y * filters + group * g.y_channels, inputs[0]->data() + (at_x * g.groups + group) * g.x_channels,
                  w.data() + tap * g.x_channels * filters + group * g.y_channels, g.x_channels, g.y_channels, filters);
  });
  return y;
}

Values backward_data(const Operation& operation, const std::vector<const Values*>& inputs) {
  const Geometry g = geometry_of(operation);
  const std::int64_t row = g.w[0] * g.w[1] * g.w[2] * g.x_channels;  // of a filter
  Values x(static_cast<std::size_t>(operation.output.size()));
  for_each_tap(g, [&](std::int64_t at_y, std::int64_t at_x, std::int64_t tap) {
    for (std::int64_t group = 0; group < g.groups; ++group)
      add_product(x.data() + (at_x * g.groups + group) * g.x_channels,
                  inputs[0]->data() + (at_y * g.groups + group) * g.y_channels,
                  inputs[1]->data() + group * g.y_channels * row + tap * g.x_channels, g.y_channels, g.x_channels, row);
  });
  return x;
}

Values backward_filter(const Operation& operation, const std::vector<const Values*>& inputs) {
  const Geometry g = geometry_of(operation);
  const std::int64_t row = g.w[0] * g.w[1] * g.w[2] * g.x_channels;  // of a filter
  Values w(static_cast<std::size_t>(operation.output.size()));
  for_each_tap(g, [&](std::int64_t at_y, std::int64_t at_x, std::int64_t tap) {
    const double* x = inputs[0]->data() + at_x * g.groups * g.x_channels;
    const double* y = inputs[1]->data() + at_y * g.groups * g.y_channels;
    for (std::int64_t filter = 0; filter < g.groups * g.y_channels; ++filter) {
      double* to = w.data() + filter * row + tap * g.x_channels;
      const double* from = x + filter / g.y_channels * g.x_channels;
      for (std::int64_t c = 0; c < g.x_channels; ++c) to[c] += y[filter] * from[c];
    }
  });
  return w;
}

}  // namespace

#define KIND(TYPE, NAME) \
  CUDNN_BACKEND_OPERATION_CONVOLUTION_##TYPE##_DESCRIPTOR, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_CONV_DESC
#define FACTORS(NAME)                                                                              \
  CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_ALPHA, CUDNN_ATTR_OPERATION_CONVOLUTION_##NAME##_BETA, \
      CUDNN_ATTR_CONVOLUTION_COMP_TYPE
const std::vector<OperationKind> kConvolutions = {
    {KIND(FORWARD, FORWARD),
     CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
     {CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W},
     FACTORS(FORWARD),
     true,
     true,
     check,
     forward},
    {KIND(BACKWARD_DATA, BWD_DATA),
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
     {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W},
     FACTORS(BWD_DATA),
     true,
     true,
     check,
     backward_data},
    {KIND(BACKWARD_FILTER, BWD_FILTER),
     CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
     {CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY},
     FACTORS(BWD_FILTER),
     true,
     false,
     check,
     backward_filter},
};

}  // namespace virtual_gpu
