# The optional libraries of the core, as in binding.gyp; `make has_zstd=0` and its like build without one.
found = $(shell pkg-config --exists $(1) 2>/dev/null && echo 1 || echo 0)

has_isal := $(call found,libisal)
ifeq ($(has_isal),1)
CPPFLAGS += -DOMIFORGE_HAS_ISAL $(shell pkg-config --cflags libisal)
LDLIBS += $(shell pkg-config --libs libisal)
endif

has_libdeflate := $(call found,libdeflate)
ifeq ($(has_libdeflate),1)
CPPFLAGS += -DOMIFORGE_HAS_LIBDEFLATE $(shell pkg-config --cflags libdeflate)
LDLIBS += $(shell pkg-config --libs libdeflate)
endif

has_zstd := $(call found,libzstd)
ifeq ($(has_zstd),1)
CPPFLAGS += -DOMIFORGE_HAS_ZSTD $(shell pkg-config --cflags libzstd)
LDLIBS += $(shell pkg-config --libs libzstd)
endif
