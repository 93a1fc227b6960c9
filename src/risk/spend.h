#pragma once

#include "segmentd/risk/fit.h"

namespace segmentd::risk {

// Fits what a purchase day brings to those who came back: Gamma-Gamma where it holds, else the mean
// spend beside which own days count little by little. False, with nothing changed, when nobody came
// back.
bool FitSpend(const Histories& histories, Parameters& parameters, Report& report);

}  // namespace segmentd::risk
