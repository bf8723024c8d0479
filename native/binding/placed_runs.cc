#include "binding/placed_runs.h"

#include "binding/arguments.h"
#include "io/error.h"

namespace omiforge::binding {

std::vector<PlacedRun> to_runs(const Napi::Value& value) {
  const bool is_list =
      value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_float64_array;
  if (!is_list) throw Error(ErrorCode::kArgumentInvalid, "runs must be a Float64Array");
  const auto numbers = value.As<Napi::Float64Array>();
  std::vector<PlacedRun> runs(numbers.ElementLength() / 3);
  const double* next = numbers.Data();
  for (PlacedRun& run : runs) {
    run.host = {to_integer(*next++, "the offset of a run")};
    run.length = to_integer(*next++, "the length of a run");
    run.guest = {to_integer(*next++, "the guest offset of a run")};
  }
  return runs;
}

Napi::Float64Array from_runs(Napi::Env env, const std::vector<PlacedRun>& runs) {
  Napi::Float64Array numbers = Napi::Float64Array::New(env, runs.size() * 3);
  std::size_t at = 0;
  for (const PlacedRun& run : runs) {
    numbers[at++] = static_cast<double>(run.host.value);
    numbers[at++] = static_cast<double>(run.length);
    numbers[at++] = static_cast<double>(run.guest.value);
  }
  return numbers;
}

}  // namespace omiforge::binding
