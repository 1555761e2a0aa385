#pragma once

#include <optional>
#include <vector>

#include "cornu/keras/metrics/metric.h"

// Intersection over union of classes: true positives / (true positives + false positives + false negatives), and the mean over
// the classes that occur. The state is one confusion matrix, of int32 by default: float weights are then cut to integers, as in
// Keras. Labels and predictions are flattened; those outside of [0, num_classes) and labels of `ignore_class` count for nothing.

namespace cornu::keras::metrics {

struct IoUArgs {
  std::string name;  // empty: an automatic one, "io_u"
  DTypePolicy dtype = int32;
  int num_classes = 0;                // needed
  std::vector<int> target_class_ids;  // needed: the classes to take the mean of
  std::optional<int> ignore_class;
  bool sparse_y_true = true;  // labels are classes; else one-hot along `axis`
  bool sparse_y_pred = true;  // predictions are classes; else scores along `axis`
  int axis = -1;
};
// ValueError: a target class that is none of the classes.
CORNU_API Metric IoU(IoUArgs args);

struct BinaryIoUArgs {
  std::vector<int> target_class_ids{0, 1};
  double threshold = 0.5;  // predictions from here on are class 1
  std::string name;
  DTypePolicy dtype = int32;
};
CORNU_API Metric BinaryIoU(BinaryIoUArgs args = {});

struct MeanIoUArgs {
  int num_classes = 0;
  std::string name;
  DTypePolicy dtype = int32;
  std::optional<int> ignore_class;
  bool sparse_y_true = true;
  bool sparse_y_pred = true;
  int axis = -1;
};
// IoU of all classes.
CORNU_API Metric MeanIoU(MeanIoUArgs args);

struct OneHotIoUArgs {
  int num_classes = 0;
  std::vector<int> target_class_ids;
  std::string name;
  DTypePolicy dtype = int32;
  std::optional<int> ignore_class;
  bool sparse_y_pred = false;
  int axis = -1;
};
// IoU of one-hot labels.
CORNU_API Metric OneHotIoU(OneHotIoUArgs args);

struct OneHotMeanIoUArgs {
  int num_classes = 0;
  std::string name;
  DTypePolicy dtype = int32;
  std::optional<int> ignore_class;
  bool sparse_y_pred = false;
  int axis = -1;
};
CORNU_API Metric OneHotMeanIoU(OneHotMeanIoUArgs args);

}  // namespace cornu::keras::metrics
