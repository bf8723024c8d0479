{
  "variables": {
    # Optional: without them compressing is slower; zlib, which Node brings along, does it.
    "has_isal%": "<!(pkg-config --exists libisal 2>/dev/null && echo 1 || echo 0)",
    "has_libdeflate%": "<!(pkg-config --exists libdeflate 2>/dev/null && echo 1 || echo 0)",
    # Optional: without it, zstd clusters of qcow2 are refused.
    "has_zstd%": "<!(pkg-config --exists libzstd 2>/dev/null && echo 1 || echo 0)"
  },
  "targets": [
    {
      "target_name": "omiforge",
      "sources": [
        "native/addon.cc",
        "native/binding/aligned_bytes_call.cc",
        "native/binding/arguments.cc",
        "native/binding/checker_object.cc",
        "native/binding/guard.cc",
        "native/binding/gzip_index_calls.cc",
        "native/binding/image_facts.cc",
        "native/binding/image_object.cc",
        "native/binding/inflater_object.cc",
        "native/binding/layout_object.cc",
        "native/binding/descriptor_calls.cc",
        "native/binding/placed_runs.cc",
        "native/binding/placer_object.cc",
        "native/binding/scatter_calls.cc",
        "native/binding/codec_calls.cc",
        "native/binding/compress_call.cc",
        "native/binding/segment_calls.cc",
        "native/codec/canonical_code.cc",
        "native/codec/cluster_compressor.cc",
        "native/codec/crc32.cc",
        "native/codec/deflate.cc",
        "native/codec/final_block.cc",
        "native/codec/gzip_header.cc",
        "native/codec/gzip_index.cc",
        "native/codec/gzip_inflater.cc",
        "native/codec/indexed_gzip.cc",
        "native/codec/isal_deflater.cc",
        "native/codec/isal_stream_inflater.cc",
        "native/codec/libdeflate_deflater.cc",
        "native/codec/piece_inflater.cc",
        "native/codec/piece_proof.cc",
        "native/codec/raw_inflate.cc",
        "native/codec/stream_inflater.cc",
        "native/codec/symbol_steps.cc",
        "native/codec/zlib_deflater.cc",
        "native/codec/zlib_library.cc",
        "native/codec/zlib_stream_inflater.cc",
        "native/codec/zstd_frames.cc",
        "native/format/chain_image.cc",
        "native/format/external_file.cc",
        "native/format/open.cc",
        "native/format/padded_image.cc",
        "native/format/raw.cc",
        "native/format/qcow2/awaited_clusters.cc",
        "native/format/qcow2/bitmap_directory.cc",
        "native/format/qcow2/check.cc",
        "native/format/qcow2/check_mapping.cc",
        "native/format/qcow2/check_refcounts.cc",
        "native/format/qcow2/cluster_counts.cc",
        "native/format/qcow2/cluster_map.cc",
        "native/format/qcow2/entries.cc",
        "native/format/qcow2/features.cc",
        "native/format/qcow2/header.cc",
        "native/format/qcow2/header_extensions.cc",
        "native/format/qcow2/header_file.cc",
        "native/format/qcow2/image.cc",
        "native/format/qcow2/layout.cc",
        "native/format/qcow2/placed_clusters.cc",
        "native/format/qcow2/placement_check.cc",
        "native/format/qcow2/placer.cc",
        "native/format/qcow2/snapshots.cc",
        "native/format/qcow2/range_sweep.cc",
        "native/format/qcow2/refcounts.cc",
        "native/format/qcow2/reference_counter.cc",
        "native/format/qcow2/snapshot_table.cc",
        "native/format/qcow2/table_read.cc",
        "native/image/compressed_segment.cc",
        "native/image/image.cc",
        "native/image/scatter.cc",
        "native/image/segment.cc",
        "native/io/bytes.cc",
        "native/io/error.cc",
        "native/io/file.cc",
        "native/io/lock.cc"
      ],
      "include_dirs": ["native", "<!@(node -p \"require('node-addon-api').include\")"],
      "defines": [
        "NAPI_VERSION=8",
        "NAPI_CPP_EXCEPTIONS",
        "NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS",
        "NODE_ADDON_API_DISABLE_DEPRECATED",
        "_FILE_OFFSET_BITS=64"
      ],
      "conditions": [
        [
          "has_isal==1",
          {
            "defines": ["OMIFORGE_HAS_ISAL"],
            "include_dirs": ["<!@(pkg-config --cflags-only-I libisal | sed s/-I//g)"],
            "libraries": ["<!@(pkg-config --libs libisal)"]
          }
        ],
        [
          "has_libdeflate==1",
          {
            "defines": ["OMIFORGE_HAS_LIBDEFLATE"],
            "include_dirs": ["<!@(pkg-config --cflags-only-I libdeflate | sed s/-I//g)"],
            "libraries": ["<!@(pkg-config --libs libdeflate)"]
          }
        ],
        [
          "has_zstd==1",
          {
            "defines": ["OMIFORGE_HAS_ZSTD"],
            "include_dirs": ["<!@(pkg-config --cflags-only-I libzstd | sed s/-I//g)"],
            "libraries": ["<!@(pkg-config --libs libzstd)"]
          }
        ]
      ],
      "cflags": ["-fvisibility=hidden", "-O3"],
      "cflags!": ["-O2"],
      "cflags_cc!": ["-fno-exceptions", "-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
      "cflags_cc": ["-std=c++17", "-fexceptions", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
      }
    }
  ]
}
