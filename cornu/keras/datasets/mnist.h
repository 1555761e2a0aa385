#pragma once

#include <string>

#include "cornu/tensor.h"

namespace cornu::keras::datasets {

// Images and labels to train and to test with.
struct Data {
  Tensor x_train, y_train, x_test, y_test;
};

namespace mnist {

struct LoadDataArgs {
  std::string path;  // an .npz, or a folder of the four IDX files (gzipped or not); default: a download, kept in ~/.keras
};
// 28 x 28 grey images of digits, uint8 (n, 28, 28), and their labels, uint8 (n,): 60,000 to train, 10,000 to test. Looks in
// `path`, then in $KERAS_HOME/datasets (~/.keras), then downloads (checked by SHA-256); without a network it says so and takes
// the sample that comes with Cornu (8,000 and 2,000). FileError: a path that does not hold the data.
CORNU_API Data load_data(LoadDataArgs args = {});

}  // namespace mnist
}  // namespace cornu::keras::datasets
