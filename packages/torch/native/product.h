// Convolutions that have more kernel than image, as products of matrices. oneDNN brings a kernel into an order of its own
// before each use, in bfloat16 in twenty times the time of reading it; where an image has few pixels, as in the innermost
// levels of a U-Net, that is nearly all the time. A product takes the kernel as it is. With M pixels in y, and `columns`
// the [M, in k k] pixels of x that each of them sees (Chellapilla et al. 2006):
//
//   F  y = columns w'     D  columns = g w, and dx sums each pixel's places among them     W  dw = g' columns
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

#include "images.h"

namespace product {

/// Weights from which on the order of a kernel is what counts, and how many outputs there must be to a pixel of y.
constexpr int64_t least_weights = 1 << 20, outputs_to_a_pixel = 2;

/// Whether to compute so: for so many pixels of y, images of this one's type, and a kernel [out, in, k, k]. In float32 it
/// gains nothing.
inline bool suits(const at::Tensor& image, int64_t pixels, at::IntArrayRef kernel) {
  return image.is_cpu() && image.scalar_type() == at::kBFloat16 && simd::has_avx512() &&
         c10::multiply_integers(kernel) >= least_weights && outputs_to_a_pixel * pixels <= kernel[0];
}

/// Along one axis: of the taps from `start` on, those that lie on `length` pixels.
struct Taps {
  int64_t first, end;

  Taps(int64_t start, int64_t dilation, int64_t taps, int64_t length)
      : first(start < 0 ? (-start + dilation - 1) / dilation : 0),
        end(start < length ? std::min(taps, (length - 1 - start) / dilation + 1) : 0) {}
};

/// Which pixels of x [count, channels, height, width] each pixel of y [count, ., rows, columns] sees.
struct Geometry {
  int64_t count, channels, height, width, rows, columns, taps_down, taps_across, stride, padding, dilation;

  Geometry(at::IntArrayRef x, at::IntArrayRef y, at::IntArrayRef kernel, int64_t stride, int64_t padding, int64_t dilation)
      : count(x[0]), channels(x[1]), height(x[2]), width(x[3]), rows(y[2]), columns(y[3]), taps_down(kernel[2]),
        taps_across(kernel[3]), stride(stride), padding(padding), dilation(dilation) {}

  int64_t pixels() const { return count * rows * columns; }
  int64_t taps() const { return taps_down * taps_across; }

  /// Calls visit(place among x's plane, tap, number of taps) for the runs of taps that one pixel of y sees.
  template <class F>
  void each_run(int64_t row, int64_t column, const F& visit) const {
    const int64_t top = row * stride - padding, left = column * stride - padding;
    const Taps down(top, dilation, taps_down, height), across(left, dilation, taps_across, width);
    if (across.first >= across.end) return;
    for (int64_t tap = down.first; tap < down.end; tap++)
      visit((top + tap * dilation) * width + left + across.first * dilation, tap * taps_across + across.first,
            across.end - across.first);
  }
};

/// [M, in k k] of x.
inline at::Tensor columns_of(const at::Tensor& image, const Geometry& geometry) {
  const auto x = image.contiguous();
  const auto result = at::empty({geometry.pixels(), geometry.channels * geometry.taps()}, x.options());
  const auto* from = x.data_ptr<at::BFloat16>();
  auto* to = result.data_ptr<at::BFloat16>();
  const int64_t plane = geometry.height * geometry.width, places = geometry.rows * geometry.columns;
  at::parallel_for(0, geometry.pixels(), 1, [&](int64_t first, int64_t end) {
    for (int64_t pixel = first; pixel < end; pixel++) {
      const int64_t n = pixel / places, place = pixel % places;
      for (int64_t c = 0; c < geometry.channels; c++) {
        const auto* pixels = from + (n * geometry.channels + c) * plane;
        auto* own = to + (pixel * geometry.channels + c) * geometry.taps();
        std::fill(own, own + geometry.taps(), at::BFloat16());
        geometry.each_run(place / geometry.columns, place % geometry.columns, [&](int64_t start, int64_t tap, int64_t taps) {
          for (int64_t i = 0; i < taps; i++) own[tap + i] = pixels[start + i * geometry.dilation];
        });
      }
    }
  });
  return result;
}

/// The transpose of `columns_of`: [M, in k k] to x. Sums are float32, in one order whatever the number of threads; what they
/// sum has been rounded to bfloat16, once more than by oneDNN's kernels.
inline at::Tensor image_of(const at::Tensor& columns, const Geometry& geometry) {
  const auto result = at::empty({geometry.count, geometry.channels, geometry.height, geometry.width}, columns.options());
  const auto* from = columns.data_ptr<at::BFloat16>();
  auto* to = result.data_ptr<at::BFloat16>();
  const int64_t plane = geometry.height * geometry.width, places = geometry.rows * geometry.columns;
  at::parallel_for(0, geometry.count * geometry.channels, 1, [&](int64_t first, int64_t end) {
    std::vector<float> sums(plane);
    for (int64_t image = first; image < end; image++) {
      const int64_t n = image / geometry.channels, c = image % geometry.channels;
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t place = 0; place < places; place++) {
        const auto* own = from + ((n * places + place) * geometry.channels + c) * geometry.taps();
        geometry.each_run(place / geometry.columns, place % geometry.columns, [&](int64_t start, int64_t tap, int64_t taps) {
          for (int64_t i = 0; i < taps; i++) sums[start + i * geometry.dilation] += static_cast<float>(own[tap + i]);
        });
      }
      std::copy(sums.begin(), sums.end(), to + image * plane);
    }
  });
  return result;
}

/// [N, C, H, W] as [N H W, C].
inline at::Tensor rows_of(const at::Tensor& image) {
  return image.permute({0, 2, 3, 1}).reshape({-1, image.size(1)});
}

/// [out, in, k, k] as [out, in k k].
inline at::Tensor matrix_of(const at::Tensor& kernel) { return kernel.contiguous().view({kernel.size(0), -1}); }

inline at::Tensor forward(const at::Tensor& x, const at::Tensor& w, const c10::optional<at::Tensor>& bias,
                          const Geometry& geometry) {
  const auto columns = columns_of(x, geometry), kernel = matrix_of(w).t();
  const auto y = bias ? at::addmm(*bias, columns, kernel) : at::mm(columns, kernel);
  return y.view({geometry.count, geometry.rows, geometry.columns, -1}).permute({0, 3, 1, 2});
}

inline at::Tensor data(const at::Tensor& g, const at::Tensor& w, const Geometry& geometry) {
  return image_of(at::mm(rows_of(g), matrix_of(w)), geometry);
}

inline at::Tensor weight(const at::Tensor& g, const at::Tensor& x, at::IntArrayRef kernel, const Geometry& geometry) {
  return at::mm(rows_of(g).t(), columns_of(x, geometry)).view(kernel);
}

}  // namespace product
