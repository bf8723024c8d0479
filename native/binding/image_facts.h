#pragma once

#include <napi.h>

#include "format/qcow2/image.h"

namespace omiforge::binding {

// The header of a qcow2 as a plain JS object, with the reason why it cannot be read, if there is one.
Napi::Object describe(Napi::Env env, const qcow2::Header& header, const std::optional<Error>& refusal);

// The same of an open image, with the size of the state that is read and the list of snapshots.
Napi::Object describe(Napi::Env env, const qcow2::Qcow2Image& image);

}  // namespace omiforge::binding
