#pragma once

#include <rapidcheck/gtest.h>

#include <cstdlib>

// Properties over generated cases: RC_GTEST_PROP(TypeTest, IsASentence, (arguments)). What fails is
// shrunk to the least case that does, and told with the line that repeats it. The cases are the
// same in every run, unless RC_PARAMS="seed=..." in the environment asks for others.
namespace segmentd::testing {

inline const int kSeeded = ::setenv("RC_PARAMS", "seed=1", /*overwrite=*/0);

}  // namespace segmentd::testing
