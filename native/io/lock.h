#pragma once

namespace omiforge {

// Locks an open file for this open file description alone, until it is closed: also when the process is
// killed, and seen from every namespace. False where somebody else holds the lock. IO_FAILED where the file
// system has no locks. The lock does not keep anybody from reading or writing the file.
bool try_lock(int descriptor);

}  // namespace omiforge
