#pragma once

#include "cornu/base/dtype.h"
#include "cornu/base/errors.h"
#include "cornu/base/nest.h"
#include "cornu/base/shape.h"
