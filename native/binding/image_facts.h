#pragma once

#include <napi.h>

#include "format/qcow2/header.h"

namespace omiforge::binding {

// The header of a qcow2 as a plain JS object, with the reason why it cannot be read, if there is one.
Napi::Object describe(Napi::Env env, const qcow2::Header& header);

}  // namespace omiforge::binding
