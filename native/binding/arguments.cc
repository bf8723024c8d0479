#include "binding/arguments.h"

#include <cmath>

#include "io/error.h"

namespace omiforge::binding {
namespace {

[[noreturn]] void invalid(const char* name, const std::string& allowed) {
  throw Error(ErrorCode::kArgumentInvalid, std::string(name) + " must be " + allowed);
}

}  // namespace

std::uint64_t to_integer(const Napi::Value& value, const char* name, std::uint64_t most) {
  // What is not a number is refused like one that is none.
  return to_integer(value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : std::nan(""), name, most);
}

std::uint64_t to_integer(double number, const char* name, std::uint64_t most) {
  // The negated form also catches NaN.
  if (!(number >= 0 && number <= static_cast<double>(most)) || std::floor(number) != number) {
    invalid(name, "an integer from 0 to " + std::to_string(most));
  }
  return static_cast<std::uint64_t>(number);
}

std::string to_text(const Napi::Value& value, const char* name) {
  if (!value.IsString()) invalid(name, "a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  // The operating system would see the part before it alone.
  if (text.find('\0') != std::string::npos) invalid(name, "a string without NUL characters");
  return text;
}

MutableBytes to_bytes(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    invalid(name, "a Uint8Array");
  }
  auto array = value.As<Napi::Uint8Array>();
  return {array.Data(), array.ByteLength()};
}

MutableBytes to_bytes(const Napi::Value& value, const char* name, std::uint64_t least) {
  const MutableBytes bytes = to_bytes(value, name);
  if (bytes.size < least) invalid(name, "at least " + std::to_string(least) + " bytes long");
  return bytes;
}

std::uint32_t* to_numbers(const Napi::Value& value, const char* name, std::uint64_t least) {
  const bool fits = value.IsTypedArray() &&
                    value.As<Napi::TypedArray>().TypedArrayType() == napi_uint32_array &&
                    value.As<Napi::TypedArray>().ElementLength() >= least;
  if (!fits) invalid(name, "a Uint32Array of at least " + std::to_string(least) + " elements");
  return value.As<Napi::Uint32Array>().Data();
}

Napi::Number to_number(Napi::Env env, std::uint64_t value) {
  if (value > kMaxSafeInteger) {
    throw Error(ErrorCode::kImageTooLarge,
                "an offset or size of " + std::to_string(value) + " is above the 2^53 - 1 that is supported");
  }
  return Napi::Number::New(env, static_cast<double>(value));
}

}  // namespace omiforge::binding
