// Gives up what an engine never needs, so that a fault in it, or a hostile model file that finds
// one, cannot start a program, open a port or look into other processes.
#pragma once

#include <string>

namespace sterna {

// For the whole process with all its threads, and for ever: the calls fail with EPERM from then on.
// Sockets that listen already go on. Linux only (seccomp). Returns "" or why nothing was given up.
std::string confine_process();

}  // namespace sterna
