// Loops over float32 and bfloat16 in vectors of sixteen float32, compiled for the least instruction set that the
// compiler is told, for AVX2 and for AVX-512, of which the best that the processor has runs. Other compilers and
// processors get the first.
#pragma once

#include <c10/util/BFloat16.h>

#include <cmath>
#include <cstdint>
#include <cstring>

namespace simd {

#define SIMD_INLINE inline __attribute__((always_inline))
/// Of a lambda, after its parameters.
#define SIMD_BODY __attribute__((always_inline))

constexpr int lanes = 16;
using Floats = float __attribute__((vector_size(64)));
using Words = uint32_t __attribute__((vector_size(64)));
using Halves = uint16_t __attribute__((vector_size(32)));

SIMD_INLINE Floats all(float value) { return Floats{} + value; }

SIMD_INLINE Floats load(const float* from) {
  Floats result;
  std::memcpy(&result, from, sizeof result);
  return result;
}

SIMD_INLINE Floats load(const c10::BFloat16* from) {
  Halves halves;
  std::memcpy(&halves, from, sizeof halves);
  return reinterpret_cast<Floats>(__builtin_convertvector(halves, Words) << 16);
}

SIMD_INLINE void store(float* to, Floats values) { std::memcpy(to, &values, sizeof values); }

/// To the nearest, halves to even.
SIMD_INLINE void store(c10::BFloat16* to, Floats values) {
  const auto bits = reinterpret_cast<Words>(values);
  const Words rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const Words not_a_number = Words{} + 0x7fc0;
  const auto halves = __builtin_convertvector(values == values ? rounded : not_a_number, Halves);
  std::memcpy(to, &halves, sizeof halves);
}

/// Square roots.
SIMD_INLINE Floats root(Floats values) {
  float each[lanes];
  std::memcpy(each, &values, sizeof each);
  for (float& value : each) value = std::sqrt(value);
  std::memcpy(&values, each, sizeof each);
  return values;
}

/// A product that is rounded before a sum takes it, where the compiler would make one operation of the two.
SIMD_INLINE Floats rounded(Floats product) {
#if defined(__has_builtin)
#if __has_builtin(__builtin_assoc_barrier)
  return __builtin_assoc_barrier(product);
#endif
#endif
  return product;
}

/// All lanes of a vector, or the first few.
struct Full {
  constexpr int count() const { return lanes; }
};
struct Part {
  int size;
  int count() const { return size; }
};

template <class T>
SIMD_INLINE Floats load(const T* from, Full) { return load(from); }

/// Zero in the other lanes.
template <class T>
SIMD_INLINE Floats load(const T* from, Part part) {
  T buffer[lanes] = {};
  std::memcpy(buffer, from, part.size * sizeof(T));
  return load(buffer);
}

template <class T>
SIMD_INLINE void store(T* to, Floats values, Full) { store(to, values); }

template <class T>
SIMD_INLINE void store(T* to, Floats values, Part part) {
  T buffer[lanes];
  store(buffer, values);
  std::memcpy(to, buffer, part.size * sizeof(T));
}

#if defined(__x86_64__) && defined(__GNUC__)
template <class Body>
__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))) void run_avx512(const Body& body) { body(); }

template <class Body>
__attribute__((target("avx2,fma"))) void run_avx2(const Body& body) { body(); }

inline bool has_avx512() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  return has;
}

/// Runs a lambda that is marked SIMD_BODY.
template <class Body>
void run(const Body& body) {
  static const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx512()) run_avx512(body);
  else if (avx2) run_avx2(body);
  else body();
}
#else
inline bool has_avx512() { return false; }

template <class Body>
void run(const Body& body) { body(); }
#endif

}  // namespace simd
