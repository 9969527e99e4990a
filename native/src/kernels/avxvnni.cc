#include "kernels/kernels.h"

namespace sterna {
const KernelSet* avxvnni_kernels() { return nullptr; }
}  // namespace sterna
