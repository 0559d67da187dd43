#pragma once

// AES on two blocks at a time (VAES). Only a module compiled for it sees these; the others see an empty header.

#if defined(__VAES__) && defined(__AVX2__)
#include <immintrin.h>

#define TUTTI_AES static inline __attribute__((always_inline))

/// Two blocks of 16 bytes.
typedef unsigned long long tutti_blocks __attribute__((ext_vector_type(4)));

TUTTI_AES tutti_blocks tutti_aes_round(tutti_blocks state, tutti_blocks key) {
  return (tutti_blocks)_mm256_aesenc_epi128((__m256i)state, (__m256i)key);
}
TUTTI_AES tutti_blocks tutti_aes_last_round(tutti_blocks state, tutti_blocks key) {
  return (tutti_blocks)_mm256_aesenclast_epi128((__m256i)state, (__m256i)key);
}
/// The sixteen bytes of each block from the last to the first.
TUTTI_AES tutti_blocks tutti_bytes_reversed(tutti_blocks x) {
  const __m128i order = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return (tutti_blocks)_mm256_shuffle_epi8((__m256i)x, _mm256_broadcastsi128_si256(order));
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
