#pragma once

#include <napi.h>

namespace omiforge::binding {

// scatterBlock(bytes, offsetBytes, runs, targetPath, restPath)
Napi::Value scatter_block_call(const Napi::CallbackInfo& info);
// moveRuns(runs, targetPath, restPath, scratch)
Napi::Value move_runs_call(const Napi::CallbackInfo& info);

}  // namespace omiforge::binding
