#include "io/error.h"

#include <doctest/doctest.h>

#include <set>

namespace omiforge::test {

TEST_CASE("error: every code has a name of its own") {
  std::set<std::string> names;
  const int last = static_cast<int>(ErrorCode::kInternal);
  for (int code = 0; code <= last; ++code) names.insert(error_name(static_cast<ErrorCode>(code)));
  CHECK_EQ(names.size(), static_cast<std::size_t>(last) + 1);
}

TEST_CASE("error: keeps code, message and path") {
  const Error error(ErrorCode::kQcow2Corrupt, "is damaged", "/disk");
  CHECK_EQ(std::string(error_name(error.code())), "QCOW2_CORRUPT");
  CHECK_EQ(std::string(error.what()), "is damaged");
  CHECK_EQ(error.path(), "/disk");
  CHECK_EQ(Error(ErrorCode::kInternal, "x").path(), "");
}

}  // namespace omiforge::test
