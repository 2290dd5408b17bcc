// The CPU allocator under every tensor. malloc returns memory of this size to the kernel at every free,
// so each step of training would fault its pages in again; here it waits for the next tensor. A tensor is
// cut from the smallest free range that holds it, and freed ranges join their neighbours, so that every
// step of a training finds room in the pages of the first.
#pragma once

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <set>
#include <utility>

class CachingAllocator final : public at::Allocator {
 public:
  struct Counters {
    size_t live = 0;    // bytes in tensors (and in what autograd saved)
    size_t cached = 0;  // bytes waiting to be used again
    size_t peak = 0;    // largest `live` since the last reset
  };

  // LibTorch dropped this function's const between 1.13 and 2.x: one of the two overrides.
  c10::DataPtr allocate(size_t bytes) const { return self().take(bytes); }
  c10::DataPtr allocate(size_t bytes) { return take(bytes); }
  c10::DeleterFnPtr raw_deleter() const { return &release; }
  void copy_data(void* to, const void* from, size_t bytes) const { std::memcpy(to, from, bytes); }

  Counters counters() {
    std::lock_guard<std::mutex> lock(mutex_);
    return counters_;
  }

  void reset_peak() {
    std::lock_guard<std::mutex> lock(mutex_);
    counters_.peak = counters_.live;
  }

  /// More live bytes than this is an OutOfMemoryError instead of a visit from the kernel's killer.
  void set_limit(size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    limit_ = bytes;
  }

  void empty_cache() {
    std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [start, length] : free_) munmap(start, length);
    free_.clear();
    by_length_.clear();
    counters_.cached = 0;
  }

 private:
  // A block is a tensor's bytes after their number, which has a cache line so that data stay aligned.
  static constexpr size_t header = 64;
  static constexpr size_t smallest_cached = 64 << 10;  // the smaller ones are malloc's
  static constexpr size_t unit = 64 << 10;  // of ranges, which munmap takes alone: the largest page of any Linux
  static constexpr size_t huge_page = 2 << 20;

  using Ranges = std::map<char*, size_t>;  // start, length

  static size_t& bytes_of(char* block) { return *reinterpret_cast<size_t*>(block); }
  static size_t round_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

  CachingAllocator& self() const { return const_cast<CachingAllocator&>(*this); }

  c10::DataPtr take(size_t bytes) {
    const c10::Device cpu(c10::DeviceType::CPU);
    if (bytes == 0) return {nullptr, nullptr, &release, cpu};
    std::lock_guard<std::mutex> lock(mutex_);
    TORCH_CHECK_WITH(OutOfMemoryError, bytes <= limit_ && counters_.live + bytes <= limit_,
                     "a tensor of ", bytes, " bytes beside ", counters_.live,
                     " live ones exceeds the limit of ", limit_, " bytes; use smaller sizes or batches");
    char* block = bytes < smallest_cached
                      ? static_cast<char*>(std::aligned_alloc(header, round_up(header + bytes, header)))
                      : cut(round_up(header + bytes, unit));
    TORCH_CHECK_WITH(OutOfMemoryError, block, "the system has no ", bytes, " bytes left");
    bytes_of(block) = bytes;
    counters_.live += bytes;
    counters_.peak = std::max(counters_.peak, counters_.live);
    return {block + header, block + header, &release, cpu};
  }

  static void release(void* data) {
    if (data) instance().give_back(static_cast<char*>(data) - header);
  }

  void give_back(char* block) {
    std::lock_guard<std::mutex> lock(mutex_);
    const size_t bytes = bytes_of(block);
    counters_.live -= bytes;
    if (bytes < smallest_cached) return std::free(block);
    insert(block, round_up(header + bytes, unit));
  }

  /// Takes `length` bytes from the smallest free range that has them; null where the system has none left.
  char* cut(size_t length) {
    auto found = by_length_.lower_bound({length, nullptr});
    if (found == by_length_.end()) {
      if (!grow(length)) return nullptr;
      found = by_length_.lower_bound({length, nullptr});
    }
    const auto [available, start] = *found;
    erase(free_.find(start));
    if (available > length) insert(start + length, available - length);
    return start;
  }

  /// In huge pages where the system has them: 512 times fewer faults, and fewer misses of the TLB.
  bool grow(size_t least) {
    const size_t length = round_up(least, huge_page);
    void* start = mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) return false;
    madvise(start, length, MADV_HUGEPAGE);
    insert(static_cast<char*>(start), length);
    return true;
  }

  /// Adds a free range, joined to those that touch it.
  void insert(char* start, size_t length) {
    auto next = free_.lower_bound(start);
    if (next != free_.end() && start + length == next->first) {
      length += next->second;
      next = erase(next);
    }
    if (next != free_.begin()) {
      const auto before = std::prev(next);
      if (before->first + before->second == start) {
        start = before->first;
        length += before->second;
        erase(before);
      }
    }
    free_.emplace(start, length);
    by_length_.emplace(length, start);
    counters_.cached += length;
  }

  Ranges::iterator erase(Ranges::iterator range) {
    by_length_.erase({range->second, range->first});
    counters_.cached -= range->second;
    return free_.erase(range);
  }

  static CachingAllocator& instance();
  friend CachingAllocator& cpu_allocator();

  std::mutex mutex_;
  Counters counters_;
  size_t limit_ = static_cast<size_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGE_SIZE);
  Ranges free_;
  std::set<std::pair<size_t, char*>> by_length_;  // the same ranges
};

/// Never destroyed: tensors may outlive every static.
inline CachingAllocator& cpu_allocator() {
  static auto* allocator = new CachingAllocator;
  return *allocator;
}

inline CachingAllocator& CachingAllocator::instance() { return cpu_allocator(); }
