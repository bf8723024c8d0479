#include "binding/aligned_bytes_call.h"

#include <cstdint>

#include "binding/arguments.h"
#include "binding/guard.h"
#include "io/aligned_bytes.h"

namespace omiforge::binding {

Napi::Value aligned_bytes_call(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&]() -> Napi::Value {
    constexpr std::uint64_t kMost = std::uint64_t{1} << 30;
    const auto length = static_cast<std::size_t>(to_integer(info[0], "lengthBytes", kMost));
    auto buffer = Napi::ArrayBuffer::New(info.Env(), length + kCopyAlignment - 1);
    const std::size_t behind = reinterpret_cast<std::uintptr_t>(buffer.Data()) % kCopyAlignment;
    const std::size_t offset = behind == 0 ? 0 : kCopyAlignment - behind;
    return Napi::Uint8Array::New(info.Env(), length, buffer, offset);
  });
}

}  // namespace omiforge::binding
