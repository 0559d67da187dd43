#pragma once

// AES on two blocks at a time (VAES). Only a module compiled for it sees these; the others see an empty header.

#if defined(__VAES__) && defined(__AVX2__)
#include <immintrin.h>

#define TUTTI_AES static inline __attribute__((always_inline))

/// Two blocks of 16 bytes.
typedef unsigned long long tutti_blocks __attribute__((ext_vector_type(4)));

/// The sixteen bytes of each block from the last to the first.
TUTTI_AES __m256i tutti_bytes_reversed(__m256i x) {
  const __m128i order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm256_shuffle_epi8(x, _mm256_broadcastsi128_si256(order));
}
/// Round key `round`, twice; `schedule`: eleven of them, 32 bytes each.
TUTTI_AES __m256i tutti_aes_key(const void *schedule, int round) {
  return _mm256_loadu_si256((const __m256i *)schedule + round);
}

/// Two blocks of AES-128, each of a counter of 128 bits, the lower half first.
TUTTI_AES tutti_blocks tutti_aes_two(const void *schedule, tutti_blocks counters) {
  __m256i x = _mm256_xor_si256(tutti_bytes_reversed((__m256i)counters), tutti_aes_key(schedule, 0));
  for (int round = 1; round < 10; round++) x = _mm256_aesenc_epi128(x, tutti_aes_key(schedule, round));
  return (tutti_blocks)_mm256_aesenclast_epi128(x, tutti_aes_key(schedule, 10));
}

/// Sixteen blocks from the counter on, whose lower half does not carry: 256 bytes. A round takes four cycles and two can
/// begin in each, so eight vectors go through it side by side. Left alone, the compiler would take one vector through all
/// its rounds before the next, and the processor would wait: hence the empty statements, which need all eight at once.
TUTTI_AES void tutti_aes_sixteen(void *out, const void *schedule, unsigned long long high, unsigned long long low) {
  const __m256i two = _mm256_set_epi64x(0, 2, 0, 2);
  const __m256i first = tutti_aes_key(schedule, 0);
  __m256i counter = _mm256_set_epi64x((long long)high, (long long)(low + 1), (long long)high, (long long)low);
  __m256i x[8];
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) {
    x[i] = _mm256_xor_si256(tutti_bytes_reversed(counter), first);
    counter = _mm256_add_epi64(counter, two);
  }
#pragma clang loop unroll(full)
  for (int round = 1; round < 10; round++) {
    const __m256i key = tutti_aes_key(schedule, round);
#pragma clang loop unroll(full)
    for (int i = 0; i < 8; i++) x[i] = _mm256_aesenc_epi128(x[i], key);
    __asm__("" : "+x"(x[0]), "+x"(x[1]), "+x"(x[2]), "+x"(x[3]), "+x"(x[4]), "+x"(x[5]), "+x"(x[6]), "+x"(x[7]));
  }
  const __m256i last = tutti_aes_key(schedule, 10);
#pragma clang loop unroll(full)
  for (int i = 0; i < 8; i++) _mm256_storeu_si256((__m256i *)out + i, _mm256_aesenclast_epi128(x[i], last));
}

/// The first round key of AES-128, twice; `bytes`: 16.
TUTTI_AES tutti_blocks tutti_aes_first_key(const unsigned char *bytes) {
  return (tutti_blocks)_mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)bytes));
}
/// The round key after `keys`, twice (FIPS 197 §5.2); `constant`: that of the round.
TUTTI_AES tutti_blocks tutti_aes_next_key(tutti_blocks keys, int constant) {
  __m128i key = _mm256_castsi256_si128((__m256i)keys);
  __m128i rotated = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, 0), 0xff);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  key = _mm_xor_si128(key, _mm_xor_si128(rotated, _mm_set1_epi32(constant)));
  return (tutti_blocks)_mm256_broadcastsi128_si256(key);
}
#endif
