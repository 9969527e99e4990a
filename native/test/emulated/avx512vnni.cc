// The AVX-512 kernels, compiled a second time against an emulation of the instructions, under other
// names.
#define STERNA_EMULATE_AVX512
#define avx512vnni_kernels emulated_avx512vnni_kernels
#include "kernels/avx512vnni.cc"
#undef avx512vnni_kernels
