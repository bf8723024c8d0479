#pragma once

#include <napi.h>

#include <cstdint>
#include <string>

#include "io/bytes.h"

// The one place where values from JS are checked. Each throws ARGUMENT_INVALID naming the argument.
namespace omiforge::binding {

// 2^53 - 1: above it a JS number cannot tell two integers apart.
constexpr std::uint64_t kMaxSafeInteger = 9007199254740991;

std::uint64_t to_integer(const Napi::Value& value, const char* name, std::uint64_t most = kMaxSafeInteger);
std::uint64_t to_integer(double number, const char* name, std::uint64_t most = kMaxSafeInteger);
std::string to_text(const Napi::Value& value, const char* name);

// The bytes of a Uint8Array (a Buffer is one), valid while JS keeps it and does not transfer it.
MutableBytes to_bytes(const Napi::Value& value, const char* name);
// The same, of at least `least` bytes.
MutableBytes to_bytes(const Napi::Value& value, const char* name, std::uint64_t least);

// The elements of a Uint32Array of at least `least` of them, valid as those of to_bytes are.
std::uint32_t* to_numbers(const Napi::Value& value, const char* name, std::uint64_t least);

// A number for JS. Throws IMAGE_TOO_LARGE above 2^53 - 1.
Napi::Number to_number(Napi::Env env, std::uint64_t value);

}  // namespace omiforge::binding
