#include "binding/scatter_calls.h"

#include <algorithm>

#include "binding/arguments.h"
#include "binding/guard.h"
#include "binding/placed_runs.h"

namespace omiforge::binding {
namespace {

void check_order(const std::vector<PlacedRun>& runs, HostOffset start, std::uint64_t block_bytes) {
  std::uint64_t done = 0;
  for (const PlacedRun& run : runs) {
    const bool is_behind = run.host.value >= start.value + done;
    if (!is_behind || !range_fits(run.host.value - start.value, run.length, block_bytes)) {
      throw Error(ErrorCode::kArgumentInvalid, "runs must be in order and within the block");
    }
    done = run.host.value - start.value + run.length;
  }
}

}  // namespace

Napi::Value scatter_block_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const ByteView block = to_bytes(info[0], "bytes");
    const HostOffset start{to_integer(info[1], "offsetBytes")};
    const std::vector<PlacedRun> runs = to_runs(info[2]);
    check_order(runs, start, block.size);
    const File target = File::open_write(to_text(info[3], "targetPath"));
    const File rest = File::open_write(to_text(info[4], "restPath"));
    return to_number(info.Env(), scatter(block, start, runs, target, rest));
  });
}

Napi::Value move_runs_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    const std::vector<PlacedRun> runs = to_runs(info[0]);
    const File target = File::open_write(to_text(info[1], "targetPath"));
    const File rest = File::open_read_write(to_text(info[2], "restPath"));
    std::uint64_t longest = 0;
    for (const PlacedRun& run : runs) longest = std::max(longest, run.length);
    const MutableBytes scratch = to_bytes(info[3], "scratch", longest);
    return to_number(info.Env(), move_runs(runs, rest, target, scratch));
  });
}

}  // namespace omiforge::binding
