// Gives up what an engine never needs, so that a fault in it, or a hostile model file that finds
// one, cannot start a program, open a port or look into other processes.
#pragma once

#include <string>

namespace sterna {

// Applies to the whole process with all its threads and cannot be undone: from then on the calls
// fail with EPERM. Sockets that are listening already stay open. Linux only (seccomp). Returns an
// empty string on success, else the reason why nothing was given up.
std::string confine_process();

}  // namespace sterna
