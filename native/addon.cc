#include <napi.h>

#include "binding/aligned_bytes_call.h"
#include "binding/checker_object.h"
#include "binding/codec_calls.h"
#include "binding/compress_call.h"
#include "binding/descriptor_calls.h"
#include "binding/gzip_index_calls.h"
#include "binding/image_object.h"
#include "binding/inflater_object.h"
#include "binding/layout_object.h"
#include "binding/placer_object.h"
#include "binding/scatter_calls.h"
#include "binding/segment_calls.h"

namespace omiforge::binding {

// The export table; src/native/boundary.ts describes each entry. One instance a thread: no state is shared.
class Addon : public Napi::Addon<Addon> {
 public:
  Addon(Napi::Env env, Napi::Object exports) : image_class_(Napi::Persistent(ImageObject::define(env))) {
    DefineAddon(exports, {InstanceMethod("openImage", &Addon::open_image)});
    exports.Set("describeQcow2", Napi::Function::New<describe_qcow2>(env));
    exports.Set("firstClusterBytes", Napi::Function::New<first_cluster_bytes_call>(env));
    exports.Set("encodeSegment", Napi::Function::New<encode_segment>(env));
    exports.Set("compressSegment", Napi::Function::New<compress_segment>(env));
    exports.Set("copySegment", Napi::Function::New<copy_segment>(env));
    exports.Set("scanClusters", Napi::Function::New<scan_clusters_call>(env));
    exports.Set("copyClusters", Napi::Function::New<copy_clusters_call>(env));
    exports.Set("scatterBlock", Napi::Function::New<scatter_block_call>(env));
    exports.Set("moveRuns", Napi::Function::New<move_runs_call>(env));
    exports.Set("placeBytes", Napi::Function::New<place_bytes_call>(env));
    exports.Set("findDifference", Napi::Function::New<find_difference_call>(env));
    exports.Set("findNonZero", Napi::Function::New<find_non_zero_call>(env));
    exports.Set("engines", Napi::Function::New<engines_call>(env));
    exports.Set("hasZstd", Napi::Function::New<has_zstd_call>(env));
    exports.Set("deflateBound", Napi::Function::New<deflate_bound>(env));
    exports.Set("deflateSegment", Napi::Function::New<deflate_segment_call>(env));
    exports.Set("crc32", Napi::Function::New<crc32_call>(env));
    exports.Set("crc32Combine", Napi::Function::New<crc32_combine_call>(env));
    exports.Set("crc32OfZeros", Napi::Function::New<crc32_of_zeros_call>(env));
    exports.Set("gzipPieces", Napi::Function::New<gzip_pieces_call>(env));
    exports.Set("proveGzipPieces", Napi::Function::New<prove_gzip_pieces_call>(env));
    exports.Set("alignedBytes", Napi::Function::New<aligned_bytes_call>(env));
    exports.Set("tryLock", Napi::Function::New<try_lock_call>(env));
    exports.Set("GzipInflater", InflaterObject::define(env));
    exports.Set("Qcow2Checker", CheckerObject::define(env));
    exports.Set("Qcow2Layout", LayoutObject::define(env));
    exports.Set("Qcow2Placer", PlacerObject::define(env));
  }

 private:
  Napi::Value open_image(const Napi::CallbackInfo& info) {
    return ImageObject::open(info, image_class_.Value());
  }

  Napi::FunctionReference image_class_;
};

NODE_API_ADDON(Addon)

}  // namespace omiforge::binding
