#pragma once

// What Swift's vectors do not say in one instruction. The width is that of the module that imports this header: each
// level of the kernels is compiled with its own flags and gets its own.

#if defined(__SSE2__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#if defined(__AVX512F__)
#define TUTTI_LANES 16
#elif defined(__AVX2__)
#define TUTTI_LANES 8
#else
#define TUTTI_LANES 4
#endif

#define TUTTI_INLINE static inline __attribute__((always_inline))

typedef float tutti_floats __attribute__((ext_vector_type(TUTTI_LANES)));
typedef int tutti_integers __attribute__((ext_vector_type(TUTTI_LANES)));
typedef unsigned tutti_words __attribute__((ext_vector_type(TUTTI_LANES)));
typedef long long tutti_wide_integers __attribute__((ext_vector_type(TUTTI_LANES)));
typedef double tutti_doubles __attribute__((ext_vector_type(TUTTI_LANES)));

/// Asks for the cache line at `address`; never faults, wherever it points.
TUTTI_INLINE void tutti_prefetch(const void *address) { __builtin_prefetch(address, 0, 3); }

/// Nothing, but the compiler does not know that: it leaves what is computed from `address` as it is written.
TUTTI_INLINE const float *tutti_as_written(const float *address) {
  __asm__("" : "+r"(address));
  return address;
}

#if defined(__AVX512F__)
/// The first `count` lanes from memory, of which no more is read; those of `rest` in the others.
TUTTI_INLINE tutti_floats tutti_load_part(const float *from, long count, tutti_floats rest) {
  return (tutti_floats)_mm512_mask_loadu_ps((__m512)rest, (__mmask16)((1u << count) - 1), from);
}
/// The first `count` lanes.
TUTTI_INLINE void tutti_store_part(float *to, long count, tutti_floats x) {
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)x);
}

/// In each quarter the sums of that quarter of `a`, `b`, `c` and `d`.
TUTTI_INLINE tutti_floats tutti_quarter_sums(tutti_floats a, tutti_floats b, tutti_floats c, tutti_floats d) {
  __m512 ab = _mm512_add_ps(_mm512_unpacklo_ps((__m512)a, (__m512)b), _mm512_unpackhi_ps((__m512)a, (__m512)b));
  __m512 cd = _mm512_add_ps(_mm512_unpacklo_ps((__m512)c, (__m512)d), _mm512_unpackhi_ps((__m512)c, (__m512)d));
  return (tutti_floats)_mm512_add_ps(_mm512_shuffle_ps(ab, cd, 0x44), _mm512_shuffle_ps(ab, cd, 0xEE));
}
/// The sum of the quarters of `a`, then of those of `b`, `c` and `d`.
TUTTI_INLINE tutti_floats tutti_sums_of_quarters(tutti_floats a, tutti_floats b, tutti_floats c, tutti_floats d) {
  __m512 ab = _mm512_add_ps(
      _mm512_shuffle_f32x4((__m512)a, (__m512)b, 0x88), _mm512_shuffle_f32x4((__m512)a, (__m512)b, 0xDD));
  __m512 cd = _mm512_add_ps(
      _mm512_shuffle_f32x4((__m512)c, (__m512)d, 0x88), _mm512_shuffle_f32x4((__m512)c, (__m512)d, 0xDD));
  return (tutti_floats)_mm512_add_ps(_mm512_shuffle_f32x4(ab, cd, 0x88), _mm512_shuffle_f32x4(ab, cd, 0xDD));
}
#elif defined(__AVX2__)
TUTTI_INLINE __m256i tutti_first_lanes(long count) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
/// The first `count` lanes from memory, of which no more is read; those of `rest` in the others.
TUTTI_INLINE tutti_floats tutti_load_part(const float *from, long count, tutti_floats rest) {
  __m256i lanes = tutti_first_lanes(count);
  return (tutti_floats)_mm256_blendv_ps((__m256)rest, _mm256_maskload_ps(from, lanes), (__m256)lanes);
}
/// The first `count` lanes.
TUTTI_INLINE void tutti_store_part(float *to, long count, tutti_floats x) {
  _mm256_maskstore_ps(to, tutti_first_lanes(count), (__m256)x);
}
#endif

/// The nearest integers, ties to even. Each has to fit in 32 bits.
TUTTI_INLINE tutti_integers tutti_rounded(tutti_floats x) {
#if defined(__AVX512F__)
  return (tutti_integers)_mm512_cvtps_epi32((__m512)x);
#elif defined(__AVX2__)
  return (tutti_integers)_mm256_cvtps_epi32((__m256)x);
#elif defined(__SSE2__)
  return (tutti_integers)_mm_cvtps_epi32((__m128)x);
#elif defined(__aarch64__)
  return (tutti_integers)vcvtnq_s32_f32((float32x4_t)x);
#else
  tutti_integers rounded;
  for (int lane = 0; lane < TUTTI_LANES; lane++) rounded[lane] = (int)__builtin_rintf(x[lane]);
  return rounded;
#endif
}

/// Without rounding.
TUTTI_INLINE tutti_doubles tutti_widened(tutti_integers x) { return __builtin_convertvector(x, tutti_doubles); }
/// The nearest floats, ties to even.
TUTTI_INLINE tutti_floats tutti_narrowed(tutti_doubles x) { return __builtin_convertvector(x, tutti_floats); }

/// Without rounding.
TUTTI_INLINE tutti_doubles tutti_widened_floats(tutti_floats x) { return __builtin_convertvector(x, tutti_doubles); }

/// Without rounding.
TUTTI_INLINE tutti_doubles tutti_widened_unsigned(tutti_words x) { return __builtin_convertvector(x, tutti_doubles); }
/// The low 32 bits of each.
TUTTI_INLINE tutti_words tutti_low_words(tutti_wide_integers x) { return __builtin_convertvector(x, tutti_words); }

/// `x` brought between `low` and `high`; none of them is NaN.
TUTTI_INLINE tutti_floats tutti_clamped(tutti_floats x, tutti_floats low, tutti_floats high) {
#if defined(__AVX512F__)
  return (tutti_floats)_mm512_min_ps(_mm512_max_ps((__m512)x, (__m512)low), (__m512)high);
#elif defined(__AVX2__)
  return (tutti_floats)_mm256_min_ps(_mm256_max_ps((__m256)x, (__m256)low), (__m256)high);
#elif defined(__SSE2__)
  return (tutti_floats)_mm_min_ps(_mm_max_ps((__m128)x, (__m128)low), (__m128)high);
#elif defined(__aarch64__)
  return (tutti_floats)vminq_f32(vmaxq_f32((float32x4_t)x, (float32x4_t)low), (float32x4_t)high);
#else
  for (int lane = 0; lane < TUTTI_LANES; lane++)
    x[lane] = x[lane] < low[lane] ? low[lane] : x[lane] > high[lane] ? high[lane] : x[lane];
  return x;
#endif
}

/// Whether any lane is below 0.
TUTTI_INLINE int tutti_any_negative(tutti_integers x) {
#if defined(__AVX512F__) && defined(__AVX512DQ__)
  return _mm512_movepi32_mask((__m512i)x) != 0;
#elif defined(__AVX2__)
  return _mm256_movemask_ps((__m256)x) != 0;
#elif defined(__SSE2__)
  return _mm_movemask_ps((__m128)x) != 0;
#else
  int any = 0;
  for (int lane = 0; lane < TUTTI_LANES; lane++) any |= x[lane] < 0;
  return any;
#endif
}

#if TUTTI_LANES == 8
/// `x` negated where `sign` is below 0, and 0 where it is 0.
TUTTI_INLINE tutti_integers tutti_signed(tutti_integers x, tutti_integers sign) {
  return (tutti_integers)_mm256_sign_epi32((__m256i)x, (__m256i)sign);
}
#endif

#if defined(__AVX2__)
typedef unsigned tutti_eight_words __attribute__((ext_vector_type(8)));
/// In each half four numbers of 32 bits that begin at any bits of the sixteen bytes at `low` and at `high`: the four bytes
/// that `order` names for each, shifted right. What lies above a number is not cleared.
TUTTI_INLINE tutti_eight_words tutti_unpacked(
    const void *low, const void *high, tutti_eight_words order, tutti_eight_words shift) {
  __m256i bytes = _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low));
  bytes = _mm256_inserti128_si256(bytes, _mm_loadu_si128((const __m128i *)high), 1);
  return (tutti_eight_words)_mm256_srlv_epi32(_mm256_shuffle_epi8(bytes, (__m256i)order), (__m256i)shift);
}
#endif
