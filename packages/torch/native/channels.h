// Loops over images by channel, for both layouts: sums over each channel, its mean and variance, and what is done to
// all values with numbers of their channel. Sums are formed in pieces that hang on the shape alone, in float32, which
// are added in float64 in their order: the same bits for any number of threads.
#pragma once

#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <vector>

#include "simd.h"

namespace channels {

using simd::Floats;
using Values = std::vector<float>;  // one for each channel

/// Vectors that lie apart by `step`: of neighbouring channels of a pixel, or of neighbouring pixels of a channel.
struct Run {
  int64_t chunk, channel, offset, count, step;
  int width;  // of all vectors
  int rest;   // of one more, 0 if there is none

  template <class F>
  SIMD_INLINE void each(const F& visit) const {
    if (width == simd::lanes) {
      for (int64_t i = 0; i < count; i++) visit(offset + i * step, simd::Full{});
    } else {
      for (int64_t i = 0; i < count; i++) visit(offset + i * step, simd::Part{width});
    }
    if (rest > 0) visit(offset + count * step, simd::Part{rest});
  }
};

/// How the values of each channel lie, and into which runs they are cut. Channels-last images are one of many pixels.
struct Layout {
  int64_t images, channels, pixels;
  bool last;

  /// Pixels of a piece: few enough for a cache and for sums in float32.
  int64_t piece() const { return last ? std::max<int64_t>(16, std::min<int64_t>(512, 16384 / channels)) : 8192; }
  int64_t pieces() const { return (pixels + piece() - 1) / piece(); }
  int64_t chunks() const { return images * pieces(); }
  int64_t blocks() const { return last ? (channels + simd::lanes - 1) / simd::lanes : channels; }
  int64_t pixels_of(int64_t chunk) const { return std::min(piece(), pixels - chunk % pieces() * piece()); }

  Run run(int64_t index) const {
    const int64_t chunk = index / blocks(), block = index % blocks(), count = pixels_of(chunk);
    const int64_t image = chunk / pieces(), first = chunk % pieces() * piece();
    if (last) {
      const int64_t channel = block * simd::lanes;
      const int width = static_cast<int>(std::min<int64_t>(simd::lanes, channels - channel));
      return {chunk, channel, (image * pixels + first) * channels + channel, count, channels, width, 0};
    }
    const int rest = static_cast<int>(count % simd::lanes);
    return {chunk, block, (image * channels + block) * pixels + first, count / simd::lanes, simd::lanes, simd::lanes, rest};
  }

  /// A value for each channel, in the lanes that a run of it has.
  SIMD_INLINE Floats of(const Values& values, const Run& run) const {
    if (!last) return simd::all(values[run.channel]);
    return run.width == simd::lanes ? simd::load(&values[run.channel])
                                    : simd::load(&values[run.channel], simd::Part{run.width});
  }

  /// Adds a run's lanes to the values of its channels.
  SIMD_INLINE void add(double* values, const Run& run, Floats lanes) const {
    if (last) {
      for (int i = 0; i < run.width; i++) values[run.channel + i] += lanes[i];
    } else {
      for (int i = 0; i < simd::lanes; i++) values[run.channel] += lanes[i];
    }
  }

  /// Calls `visit` with every run, in several threads.
  template <class F>
  void all_runs(const F& visit) const {
    const int64_t grain = std::max<int64_t>(1, 32768 / (std::min(piece(), pixels) * (last ? simd::lanes : 1)));
    at::parallel_for(0, chunks() * blocks(), grain, [&](int64_t from, int64_t to) {
      simd::run([&]() SIMD_BODY {
        for (int64_t i = from; i < to; i++) visit(run(i));
      });
    });
  }

  /// N sums over each channel: `visit(sums, at, lanes)` adds a vector's part to them.
  template <int N, class F>
  std::array<std::vector<double>, N> sums(const F& with) const {
    std::vector<double> parts(chunks() * N * channels);
    all_runs([&](const Run& run) SIMD_BODY {
      Floats sums[N] = {};
      const auto visit = with(run);
      run.each([&](int64_t at, auto lanes) SIMD_BODY { visit(sums, at, lanes); });
      for (int k = 0; k < N; k++) add(&parts[(run.chunk * N + k) * channels], run, sums[k]);
    });
    std::array<std::vector<double>, N> result;
    for (int k = 0; k < N; k++) {
      result[k].assign(channels, 0);
      for (int64_t chunk = 0; chunk < chunks(); chunk++)
        for (int64_t c = 0; c < channels; c++) result[k][c] += parts[(chunk * N + k) * channels + c];
    }
    return result;
  }
};

/// Mean and variance of each channel: of each chunk exactly, then joined (Chan et al. 1983).
struct Statistics {
  std::vector<double> mean, variance;
};

template <class T>
Statistics statistics(const Layout& layout, const T* x) {
  const auto channels = layout.channels;
  std::vector<double> parts(layout.chunks() * 2 * channels);
  layout.all_runs([&](const Run& run) SIMD_BODY {
    double* mean = &parts[run.chunk * 2 * channels];
    double* square = mean + channels;
    Floats sum{};
    run.each([&](int64_t at, auto lanes) SIMD_BODY { sum += simd::load(x + at, lanes); });
    layout.add(mean, run, sum);
    const double count = static_cast<double>(layout.pixels_of(run.chunk));
    Floats centre{};
    if (layout.last) {
      for (int i = 0; i < run.width; i++) centre[i] = static_cast<float>(mean[run.channel + i] /= count);
    } else {
      centre = simd::all(static_cast<float>(mean[run.channel] /= count));
    }
    Floats squares{};
    run.each([&](int64_t at, auto lanes) SIMD_BODY {
      Floats d = simd::load(x + at, lanes) - centre;
      for (int i = lanes.count(); i < simd::lanes; i++) d[i] = 0;
      squares += d * d;
    });
    layout.add(square, run, squares);
  });
  Statistics result{std::vector<double>(channels), std::vector<double>(channels)};
  double seen = 0;
  for (int64_t chunk = 0; chunk < layout.chunks(); chunk++) {
    const double count = static_cast<double>(layout.pixels_of(chunk)), share = count / (seen + count);
    for (int64_t c = 0; c < channels; c++) {
      const double* part = &parts[chunk * 2 * channels + c];
      const double distance = part[0] - result.mean[c];
      result.mean[c] += distance * share;
      result.variance[c] += part[channels] + distance * distance * seen * share;
    }
    seen += count;
  }
  for (auto& value : result.variance) value /= seen;
  return result;
}

}  // namespace channels
