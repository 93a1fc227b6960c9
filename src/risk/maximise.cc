#include "maximise.h"

#include <nlopt.h>

#include <cmath>
#include <memory>

#include "segmentd/base/assert.h"

namespace segmentd::risk {
namespace {

using Function = std::function<double(std::span<const double>)>;

constexpr double kVeryBad = -1e300;
constexpr double kFirstStep = 0.5;
constexpr double kPrecision = 1e-7;  // of a logarithm
constexpr int kEvaluationsMax = 5'000;

struct Destroy {
  void operator()(nlopt_opt_s* optimiser) const { nlopt_destroy(optimiser); }
};

double Call(unsigned size, const double* at, double* /*gradient*/, void* function) {
  const double value = (*static_cast<const Function*>(function))({at, size});
  return std::isfinite(value) ? value : kVeryBad;
}

bool IsOnBound(const std::vector<double>& at) {
  constexpr double kNear = 0.01;
  for (const double coordinate : at) {
    if (std::abs(coordinate) > kBound - kNear) return true;
  }
  return false;
}

}  // namespace

std::optional<Maximum> Maximise(const Function& function,
                                const std::vector<std::vector<double>>& starts) {
  std::optional<Maximum> best;
  for (const std::vector<double>& start : starts) {
    const std::unique_ptr<nlopt_opt_s, Destroy> optimiser(
        nlopt_create(NLOPT_LN_NELDERMEAD, static_cast<unsigned>(start.size())));
    SEGMENTD_ASSERT(optimiser, "the optimiser has memory");
    nlopt_opt settings = optimiser.get();
    // The optimiser passes the function on without changing it.
    nlopt_set_max_objective(settings, Call, const_cast<Function*>(&function));
    nlopt_set_lower_bounds1(settings, -kBound);
    nlopt_set_upper_bounds1(settings, kBound);
    nlopt_set_initial_step1(settings, kFirstStep);
    nlopt_set_xtol_abs1(settings, kPrecision);
    nlopt_set_maxeval(settings, kEvaluationsMax);
    Maximum found;
    found.at = start;
    const nlopt_result result = nlopt_optimize(settings, found.at.data(), &found.value);
    // Rounding may end the search early at a point that is as good as the last digits tell.
    if (result < 0 && result != NLOPT_ROUNDOFF_LIMITED) continue;
    if (found.value <= kVeryBad || (best && found.value <= best->value)) continue;
    found.on_bound = IsOnBound(found.at);
    best = std::move(found);
  }
  return best;
}

}  // namespace segmentd::risk
