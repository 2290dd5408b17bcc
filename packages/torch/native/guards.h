// What an operator's arguments must be like beyond their types, where LibTorch looks too late or not at all
// and ends the process, never returns, or reads memory that is not its own. Each guard says what it prevents,
// as found on LibTorch 1.13; the misuse test finds more. All other refusals are left to LibTorch.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>

#include <limits>
#include <sstream>
#include <unordered_map>
#include <unordered_set>

#include "js.h"

namespace guards {

/// A call's values, by the names that the operator's schema has for them.
class Arguments {
 public:
  Arguments(const c10::FunctionSchema& schema, const torch::jit::Stack& stack) : schema_(schema), stack_(stack) {}

  const c10::IValue& operator[](const char* name) const { return stack_[*schema_.argumentIndexWithName(name)]; }

  /// An undefined tensor for one that is absent.
  at::Tensor tensor(const char* name) const {
    const auto& value = (*this)[name];
    return value.isTensor() ? value.toTensor() : at::Tensor();
  }

 private:
  const c10::FunctionSchema& schema_;
  const torch::jit::Stack& stack_;
};

template <class Expected, class Actual>
[[noreturn]] void refuse(const char* argument, const Expected& expected, const Actual& actual) {
  std::ostringstream text;
  text << "argument '" << argument << "': expected " << expected << ", got " << actual;
  throw js::ArgumentError(text.str());
}

// Guards by argument, for all operators.

/// Kernels hold these in C's int: 2^32 becomes 0, by which convolutions and pixel shuffles divide; others take
/// as many turns, whatever the tensor's size.
inline bool is_window(const std::string& argument) {
  static const std::unordered_set<std::string> names = {
      "kernel_size", "stride", "padding", "dilation", "output_padding", "output_size",
      "groups", "upscale_factor", "downscale_factor",
  };
  return names.count(argument) > 0;
}

inline void check_window(int64_t value) {
  constexpr int64_t most = 1 << 28;
  if (value < -most || value > most)
    throw js::ArgumentError("expected an integer within 2^28, got " + std::to_string(value));
}

/// `int[4] padding` takes one number for all, or four: kernels read the fourth of any list.
inline void check_length(size_t length, int repeat, bool may_be_empty) {
  const auto expected = static_cast<size_t>(repeat);
  if (repeat < 2 || length == expected || length == 1 || (length == 0 && may_be_empty)) return;
  throw js::ArgumentError("expected " + std::to_string(repeat) + " integers, got " + std::to_string(length));
}

// Guards by operator.

/// Where LibTorch does not repeat a single number: paddings and sizes are read beyond the list's end.
template <int N>
void full_padding(const Arguments& given) {
  const auto length = given["padding"].toIntVector().size();
  if (length != N) refuse("padding", std::to_string(N) + " integers", length);
}

inline void full_output_size(const Arguments& given) {
  const auto length = given["output_size"].toIntVector().size();
  if (length != 2) refuse("output_size", "2 integers", length);
}

/// Parts of a dimension of size 0 are as many as one asks for, each a tensor of its own.
constexpr int64_t most_parts = 1 << 20;

inline void few_chunks(const Arguments& given) {
  const auto chunks = given["chunks"].toInt();
  if (chunks > most_parts) refuse("chunks", "at most 2^20 parts", chunks);
}

/// Nor do many that are empty because of another dimension need memory for elements.
inline void few_parts(const Arguments& given, int64_t length) {
  const auto self = given.tensor("self");
  const auto dim = given["dim"].toInt();
  if (dim < -self.dim() || dim >= self.dim() || length <= 0) return;  // LibTorch says so
  const auto parts = self.size(dim) / length;
  if (parts > most_parts) refuse("self", "at most 2^20 parts", parts);
}

inline void few_slices(const Arguments& given) { few_parts(given, 1); }

inline void few_splits(const Arguments& given) { few_parts(given, given["split_size"].toInt()); }

/// The kernel follows these indices unchecked.
inline void sorter_within(const Arguments& given) {
  const auto sorter = given.tensor("sorter");
  if (!sorter.defined() || sorter.numel() == 0 || sorter.scalar_type() != at::kLong) return;  // LibTorch says so
  const auto size = given.tensor("sorted_sequence").size(-1);
  const auto [least, most] = at::aminmax(sorter);
  if (least.item<int64_t>() < 0 || most.item<int64_t>() >= size)
    refuse("sorter", "indices from 0 to " + std::to_string(size - 1),
           "some from " + std::to_string(least.item<int64_t>()) + " to " + std::to_string(most.item<int64_t>()));
}

/// The kernel takes an expanded tensor's elements for neighbours: wrong medians, of memory beyond its end.
inline void not_expanded(const Arguments& given) {
  const auto self = given.tensor("self");
  for (int64_t dim = 0; dim < self.dim(); dim++)
    if (self.stride(dim) == 0 && self.size(dim) > 1)
      refuse("self", "a tensor that is not expanded (call clone({ memoryFormat: 'contiguous' }))",
             "stride 0 in dimension " + std::to_string(dim));
}

/// The kernel reads as many weights and statistics as there are channels, however many there are, and divides
/// by the number of elements.
inline void channel_statistics(const Arguments& given) {
  const auto input = given.tensor("input");
  if (input.dim() < 2) refuse("input", "[N, C, ...]", input.sizes());
  if (input.numel() == 0) refuse("input", "elements", input.sizes());
  for (const char* name : {"weight", "bias", "running_mean", "running_var"}) {
    const auto values = given.tensor(name);
    const bool needed = !given["training"].toBool() && std::string(name).rfind("running", 0) == 0;
    if (!values.defined() && needed) refuse(name, "a tensor where training is false", "none");
    if (values.defined() && (values.dim() != 1 || values.size(0) != input.size(1)))
      refuse(name, "shape [" + std::to_string(input.size(1)) + "], one for each channel", values.sizes());
  }
}

/// The kernels compute which elements to read from the scale alone: with 0.5 for a doubled size, those beyond the end.
template <int N>
void fitting_scales(const Arguments& given) {
  static const char* const names[] = {"scales_d", "scales_h", "scales_w"};
  const auto sizes = given.tensor("self").sizes();
  const auto output = given["output_size"].toIntVector();
  if (sizes.size() != N + 2 || output.size() != N) return;  // LibTorch says so
  for (size_t i = 0; i < N; i++) {
    const char* name = names[3 - N + i];
    if (given[name].isNone()) continue;
    const double scale = given[name].toDouble();
    if (!(static_cast<double>(output[i]) <= static_cast<double>(sizes[i + 2]) * scale))
      refuse(name, "at least " + std::to_string(output[i]) + " / " + std::to_string(sizes[i + 2]), scale);
  }
}

/// The number of elements is a quotient of 64 bits: -2^63 / -1 is beyond them, which the processor traps.
inline void countable(const Arguments& given) {
  constexpr int64_t most = int64_t{1} << 61;
  for (const char* name : {"start", "end", "step"}) {
    const auto value = given[name].toScalar();
    if (value.isIntegral(true) && (value.toLong() < -most || value.toLong() > most))
      refuse(name, "an integer within 2^61", value.toLong());
  }
}

/// So is the least integer divided by -1.
inline void no_least_by_minus_one(const Arguments& given) {
  const at::NoGradGuard no_grad;
  const auto self = given.tensor("self");
  if (self.scalar_type() != at::kInt && self.scalar_type() != at::kLong) return;
  const auto& other = given["other"];
  const bool minus_one = other.isTensor() ? at::isIntegralType(other.toTensor().scalar_type(), false) &&
                                                (other.toTensor() == -1).any().item<bool>()
                                          : other.toScalar().isIntegral(false) && other.toScalar().toLong() == -1;
  if (!minus_one) return;
  const auto least = self.scalar_type() == at::kInt ? int64_t{std::numeric_limits<int32_t>::min()}
                                                    : std::numeric_limits<int64_t>::min();
  if ((self == least).any().item<bool>()) refuse("self", "integers that -1 can divide", least);
}

/// LAPACK's iteration for singular vectors never ends on an infinite matrix.
inline void finite(const Arguments& given, const char* name) {
  const at::NoGradGuard no_grad;
  const auto matrix = given.tensor(name);
  if (at::isfinite(matrix).all().item<bool>()) return;
  refuse(name, "finite elements", "infinities or NaN");
}

inline void finite_matrix(const Arguments& given) { finite(given, "A"); }

inline void finite_equations(const Arguments& given) { finite(given, "self"); }

/// The spectral norm does when it is differentiated.
inline void finite_spectrum(const Arguments& given) {
  const auto& order = given["ord"];
  const bool spectral = order.isScalar() && std::abs(order.toScalar().toDouble()) == 2;
  if (spectral && given.tensor("self").requires_grad()) finite(given, "self");
}

using Guard = void (*)(const Arguments&);

/// The guard of an operator, null for most.
inline Guard guard_of(const std::string& name) {
  static const std::unordered_map<std::string, Guard> table = {
      {"arange.start_step", countable},
      {"chunk", few_chunks},
      {"div.Tensor_mode", no_least_by_minus_one},
      {"fmod.Scalar", no_least_by_minus_one},
      {"linalg_lstsq", finite_equations},
      {"linalg_matrix_norm", finite_spectrum},
      {"linalg_norm", finite_spectrum},
      {"linalg_svd", finite_matrix},
      {"max_unpool2d", full_output_size},
      {"median.dim", not_expanded},
      {"native_batch_norm", channel_statistics},
      {"reflection_pad1d", full_padding<2>},
      {"reflection_pad2d", full_padding<4>},
      {"remainder.Scalar", no_least_by_minus_one},
      {"remainder.Tensor", no_least_by_minus_one},
      {"searchsorted.Tensor", sorter_within},
      {"split.Tensor", few_splits},
      {"unbind.int", few_slices},
      {"upsample_bilinear2d", fitting_scales<2>},
      {"upsample_trilinear3d", fitting_scales<3>},
  };
  const auto found = table.find(name);
  return found == table.end() ? nullptr : found->second;
}

}  // namespace guards
