#pragma once

#include <napi.h>

#include <vector>

#include "image/scatter.h"

// Runs as JS has them: a Float64Array with three numbers for each, its offset in the file, its length and its
// guest offset.
namespace omiforge::binding {

// Throws ARGUMENT_INVALID for anything else.
std::vector<PlacedRun> to_runs(const Napi::Value& value);
// None of the numbers is above 2^53.
Napi::Float64Array from_runs(Napi::Env env, const std::vector<PlacedRun>& runs);

}  // namespace omiforge::binding
