#pragma once

#if defined(__x86_64__)
#include <cpuid.h>
#endif

// What Swift cannot ask: which instruction sets the processor and the operating system support.
// 0: baseline, 1: AVX2 + FMA, 2: AVX-512 (F, BW, CD, DQ, VL).
static inline int tutti_kernel_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2")) return 1;
#endif
  return 0;
}

// Whether the processor has AES on vectors of 256 bits: one bit beside the levels, for no level of x86-64 includes it.
static inline int tutti_has_vaes(void) {
#if defined(__x86_64__)
  unsigned eax, ebx, ecx = 0, edx;
  if (tutti_kernel_level() < 1 || !__builtin_cpu_supports("aes")) return 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && (ecx >> 9 & 1);
#else
  return 0;
#endif
}
