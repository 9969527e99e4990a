// AVX-512 F/BW/VL + VNNI.
#include "kernels/kernels.h"

#if defined(__x86_64__) || defined(_M_X64)

#include "kernels/add_group.h"
#include "kernels/avx512.h"
#include "kernels/avx512_head.h"
#include "kernels/elementwise.h"
#include "kernels/silu.h"

namespace sterna {

// The sums over one vector, which take little time, are inherited from AVX2.
const KernelSet* avx512vnni_kernels() {
  static const KernelSet set = [] {
    KernelSet s = *avx2_kernels();
    s.name = "avx512vnni";
    s.layout = TernaryLayout::kT2;
    s.max_block = kMaxBlock;
    s.t2_product = t2_product;
    s.add_group = add_group<Lanes512>;
    s.t2_grouped = nullptr;
    // Inherited from AVX2 for what memory limits; many tokens are computed faster by way of T2.
    s.table_tokens = 4;
    s.head_high = head_high;
    s.head_middle = head_middle;
    s.head_low = head_low;
    s.attend = attend_segment<Lanes512>;
    s.scale_norm = scale_norm;
    s.relu_squared = relu_squared;
    s.silu = silu<Lanes512>;
    s.rescale = rescale;
    s.rotate = rotate;
    return s;
  }();
  return &set;
}

}  // namespace sterna

#else

namespace sterna {
const KernelSet* avx512vnni_kernels() { return nullptr; }
}  // namespace sterna

#endif
