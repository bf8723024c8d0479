#pragma once

#include <stdexcept>
#include <string>

#include "io/error.h"

namespace omiforge::test {

// What a call has thrown, in a form that a failing check prints.
struct Thrown {
  std::string code;
  std::string message;
  std::string path;

  bool says(const std::string& part) const { return message.find(part) != std::string::npos; }
};

template <typename Call>
Thrown thrown_by(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return {error_name(error.code()), error.what(), error.path()};
  }
  throw std::logic_error("expected an Error, but nothing was thrown");
}

// "" when nothing is thrown.
template <typename Call>
std::string code_thrown_by(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error_name(error.code());
  }
  return {};
}

}  // namespace omiforge::test
