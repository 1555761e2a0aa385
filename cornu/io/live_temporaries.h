#pragma once

#include <string>

namespace cornu::io {

// The temporaries that must not outlive the process, in a fixed table without locks so that a signal handler may read
// it.
int remember_temporary(const std::string& path);  // -1 if the table is full: then only the owner removes it
void forget_temporary(int slot);

}  // namespace cornu::io
