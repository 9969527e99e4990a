// The AVX-512 VNNI kernels, compiled a second time against an emulation of the instructions, under
// another name.
#define STERNA_EMULATE_AVX512
#define avx512vnni_kernels emulated_avx512vnni_kernels
#include "kernels/avx512vnni.cc"
