// The AVX-512 kernels, compiled a second time under other names with the instructions emulated.
#define STERNA_EMULATE_AVX512
#define avx512vnni_kernels emulated_avx512vnni_kernels
#include "kernels/avx512vnni.cc"
#undef avx512vnni_kernels
