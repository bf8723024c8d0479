#include "binding/image_facts.h"

#include "binding/arguments.h"
#include "format/qcow2/features.h"

namespace omiforge::binding {
namespace {

const char* compression_name(std::uint8_t type) {
  if (type == static_cast<std::uint8_t>(qcow2::CompressionType::kZlib)) return "zlib";
  if (type == static_cast<std::uint8_t>(qcow2::CompressionType::kZstd)) return "zstd";
  return "unknown";
}

void set_text(Napi::Object& facts, const char* key, const std::string& text) {
  if (!text.empty()) facts.Set(key, text);
}

const char* kind_name(qcow2::FeatureKind kind) {
  switch (kind) {
    case qcow2::FeatureKind::kCompatible:
      return "compatible";
    case qcow2::FeatureKind::kAutoclear:
      return "autoclear";
    case qcow2::FeatureKind::kIncompatible:
      break;
  }
  return "incompatible";
}

Napi::Array unknown_features(Napi::Env env, const qcow2::Header& header) {
  Napi::Array list = Napi::Array::New(env);
  for (const qcow2::Feature& feature : qcow2::find_unknown_features(header)) {
    Napi::Object js = Napi::Object::New(env);
    js.Set("kind", kind_name(feature.kind));
    js.Set("bit", feature.bit);
    set_text(js, "name", feature.name);
    list.Set(list.Length(), js);
  }
  return list;
}

Napi::Array unknown_extensions(Napi::Env env, const qcow2::Header& header) {
  Napi::Array list = Napi::Array::New(env);
  for (const qcow2::UnknownExtension& extension : header.unknown_extensions) {
    Napi::Object js = Napi::Object::New(env);
    js.Set("type", extension.type);
    js.Set("lengthBytes", extension.length);
    list.Set(list.Length(), js);
  }
  return list;
}

Napi::Object to_js(Napi::Env env, const qcow2::Snapshot& snapshot) {
  Napi::Object js = Napi::Object::New(env);
  js.Set("id", snapshot.id);
  js.Set("name", snapshot.name);
  js.Set("diskSizeBytes", to_number(env, snapshot.disk_bytes));
  js.Set("vmStateSizeBytes", to_number(env, snapshot.vm_state_bytes));
  js.Set("dateSeconds", snapshot.date_seconds);
  js.Set("dateNanoseconds", snapshot.date_nanoseconds);
  constexpr std::uint64_t kNanoseconds = 1000000000;
  js.Set("vmClockSeconds", to_number(env, snapshot.vm_clock_nanoseconds / kNanoseconds));
  js.Set("vmClockNanoseconds", to_number(env, snapshot.vm_clock_nanoseconds % kNanoseconds));
  if (snapshot.instruction_count) js.Set("instructionCount", to_number(env, *snapshot.instruction_count));
  return js;
}

Napi::Object to_js(Napi::Env env, const qcow2::Bitmap& bitmap) {
  Napi::Object js = Napi::Object::New(env);
  js.Set("name", bitmap.name);
  js.Set("granularityBytes", to_number(env, std::uint64_t{1} << bitmap.granularity_bits));
  js.Set("isInUse", bitmap.is_in_use);
  js.Set("isAuto", bitmap.is_auto);
  return js;
}

}  // namespace

Napi::Object describe(Napi::Env env, const qcow2::Qcow2Image& image) {
  Napi::Object facts = describe(env, image.header(), image.refusal());
  facts.Set("sizeBytes", to_number(env, image.size()));
  const std::vector<qcow2::Snapshot> snapshots = image.snapshots();
  Napi::Array list = Napi::Array::New(env);
  for (std::uint32_t i = 0; i < snapshots.size(); ++i) list.Set(i, to_js(env, snapshots[i]));
  facts.Set("snapshots", list);
  Napi::Array bitmaps = Napi::Array::New(env);
  for (const qcow2::Bitmap& bitmap : image.bitmaps()) bitmaps.Set(bitmaps.Length(), to_js(env, bitmap));
  facts.Set("bitmaps", bitmaps);
  return facts;
}

Napi::Object describe(Napi::Env env, const qcow2::Header& header, const std::optional<Error>& refusal) {
  Napi::Object facts = Napi::Object::New(env);
  facts.Set("format", "qcow2");
  facts.Set("sizeBytes", to_number(env, header.size));
  facts.Set("version", header.version);
  facts.Set("clusterSizeBytes", to_number(env, header.cluster_bytes()));
  facts.Set("refcountBits", 1u << header.refcount_order);
  facts.Set("compressionType", compression_name(header.compression_type));
  facts.Set("isDirty", header.is_dirty());
  facts.Set("isCorrupt", header.is_corrupt());
  facts.Set("hasLazyRefcounts", header.has_lazy_refcounts());
  facts.Set("hasExtendedL2", header.has_extended_l2());
  facts.Set("isEncrypted", header.crypt_method != 0);
  facts.Set("snapshotCount", header.snapshot_count);
  if (header.bitmaps) {
    facts.Set("bitmapCount", header.bitmaps->count);
    facts.Set("hasConsistentBitmaps", header.has_consistent_bitmaps());
  }
  facts.Set("unknownFeatures", unknown_features(env, header));
  facts.Set("unknownExtensions", unknown_extensions(env, header));
  if (header.has_backing_file) facts.Set("backingFile", header.backing_file);
  set_text(facts, "backingFormat", header.backing_format);
  set_text(facts, "dataFile", header.data_file);
  if (header.has_data_file()) facts.Set("hasRawDataFile", header.has_raw_data_flag());
  if (refusal) {
    Napi::Object reason = Napi::Object::New(env);
    reason.Set("code", error_name(refusal->code()));
    reason.Set("message", refusal->what());
    facts.Set("refusal", reason);
  }
  return facts;
}

}  // namespace omiforge::binding
