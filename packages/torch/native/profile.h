// What LibTorch runs and for how long: every operator that is called through the dispatcher, and every
// node of a backward pass, which JavaScript never sees. The hook is LibTorch's own (RecordFunction),
// registered only while a profile runs, so that without one nothing is paid.
//
// Kept are sums for each operator, shapes of its tensors and stage, of which there are few, and single
// events up to a limit. What the numbers mean (FLOPs, bytes, tables) is src/profile.ts's business.
#pragma once

#include <ATen/core/ivalue.h>
#include <ATen/record_function.h>

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "js.h"

namespace profile {

/// Inputs or outputs as numbers: 0 for anything else, 1, bytes per element, rank and sizes for a tensor,
/// 2, length and elements for a list, 3 and 0 or 1 for a boolean.
using Code = std::vector<int64_t>;

inline void encode(Code& code, const c10::IValue& value) {
  constexpr size_t longest_list = 1024;
  if (value.isTensor() && value.toTensor().defined()) {
    const auto& tensor = value.toTensor();
    code.insert(code.end(), {1, static_cast<int64_t>(tensor.dtype().itemsize()), tensor.dim()});
    for (const auto size : tensor.sizes()) code.push_back(size);
  } else if (value.isBool()) {
    code.insert(code.end(), {3, value.toBool()});
  } else if (value.isList() && value.toListRef().size() <= longest_list) {
    const auto elements = value.toListRef();
    code.insert(code.end(), {2, static_cast<int64_t>(elements.size())});
    for (const auto& element : elements) encode(code, element);
  } else {
    code.push_back(0);
  }
}

/// A call under way: of an operator, owned by LibTorch, or of a range, owned by the recorder.
struct Frame : at::ObserverContext {
  Frame* parent = nullptr;  // on the same thread
  uint64_t profile = 0;
  uint64_t thread = 0;
  uint32_t name = 0, stage = 0;
  int64_t slot = -1;        // among the events; -1: beyond the limit
  bool repeated = false;    // within a call of the same name, whose time has this one's in it
  bool counted = false;     // an operator whose FLOPs are known
  bool covered = false;     // within such an operator
  int64_t start = 0, children = 0;  // ns
  Code code;                // name, whether a range, then inputs and outputs as lists
};

inline thread_local Frame* top = nullptr;

struct Event {
  uint32_t signature = 0, stage = 0, thread = 0;
  bool covered = false;
  int64_t start = 0, duration = -1, self = 0;  // ns; -1: not ended
};

struct Total {
  int64_t calls = 0, total = 0, self = 0;  // ns
};

/// Numbers for things in the order in which they were met.
template <class T, class Map>
uint32_t number_of(Map& known, std::vector<T>& all, const T& value) {
  const auto [found, fresh] = known.emplace(value, static_cast<uint32_t>(all.size()));
  if (fresh) all.push_back(value);
  return found->second;
}

inline int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch()).count();
}

class Recorder {
 public:
  Recorder(uint64_t id, size_t limit, const std::vector<std::string>& counted)
      : id(id), limit_(limit), counted_(counted.begin(), counted.end()), origin_(now()) {
    number_of(known_stages_, stages_, std::string());
  }

  const uint64_t id;

  /// Puts a frame on top of its thread's stack; its time starts at the end of this.
  void open(Frame& frame, const std::string& name, bool range) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      frame.name = number_of(known_names_, names_, name);
      frame.counted = counted_.count(name) > 0;
      frame.stage = stage_;
      if (events_.size() < limit_) {
        frame.slot = static_cast<int64_t>(events_.size());
        events_.emplace_back();
      } else {
        dropped_++;
      }
    }
    frame.code[0] = frame.name;
    frame.code[1] = range;
    frame.profile = id;
    frame.thread = at::RecordFunction::currentThreadId();
    frame.parent = top;
    for (auto* above = top; above && above->profile == id; above = above->parent) {
      frame.repeated |= above->name == frame.name && above->code[1] == frame.code[1];
      frame.covered |= above->counted;
    }
    top = &frame;
    frame.start = now();
  }

  void close(Frame& frame, int64_t end) {
    const auto duration = end - frame.start;
    const auto self = duration - frame.children;
    if (frame.parent && frame.parent->profile == id) frame.parent->children += duration;
    const std::lock_guard<std::mutex> lock(mutex_);
    // Shapes that never repeat must not fill the memory: from here on they are one.
    constexpr size_t most_signatures = 1 << 16;
    if (signatures_.size() >= most_signatures && !known_signatures_.count(frame.code)) frame.code.resize(2);
    const auto signature = number_of(known_signatures_, signatures_, frame.code);
    auto& total = totals_[{signature, frame.stage, frame.covered}];
    total.calls++;
    total.self += self;
    if (!frame.repeated) total.total += duration;
    if (frame.slot < 0) return;
    events_[frame.slot] = {signature, frame.stage, static_cast<uint32_t>(frame.thread), frame.covered,
                           frame.start - origin_, duration, self};
  }

  void enter(const std::string& stage, const std::string& name) {
    auto frame = std::make_unique<Frame>();
    frame->code = {0, 0};
    ranges_.emplace_back(std::move(frame), stage_);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stage_ = number_of(known_stages_, stages_, stage);
    }
    open(*ranges_.back().first, name, true);
  }

  void leave() {
    const auto end = now();
    if (ranges_.empty()) return;
    auto& [frame, stage_before] = ranges_.back();
    top = frame->parent;
    close(*frame, end);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stage_ = stage_before;
    }
    ranges_.pop_back();
  }

  napi_value result(napi_env env) {
    while (!ranges_.empty()) leave();
    const std::lock_guard<std::mutex> lock(mutex_);
    std::vector<double> totals, events;
    for (const auto& [key, total] : totals_) {
      const auto [signature, stage, covered] = key;
      for (const double number : {double(signature), double(stage), double(covered), double(total.calls),
                                  total.total / 1e3, total.self / 1e3})
        totals.push_back(number);
    }
    for (const auto& event : events_) {
      if (event.duration < 0) continue;
      for (const double number : {double(event.signature), double(event.stage), double(event.covered),
                                  event.start / 1e3, event.duration / 1e3, event.self / 1e3,
                                  double(event.thread)})
        events.push_back(number);
    }
    const auto strings = [&](const std::vector<std::string>& all) {
      return js::array(env, all.size(), [&](size_t i) { return js::from(env, all[i]); });
    };
    return js::object(env, {
        {"names", strings(names_)},
        {"stages", strings(stages_)},
        {"signatures", js::array(env, signatures_.size(), [&](size_t i) {
           const auto& code = signatures_[i];
           return js::array(env, code.size(), [&](size_t j) { return js::from(env, code[j]); });
         })},
        {"totals", numbers(env, totals)},
        {"events", numbers(env, events)},
        {"dropped", js::from(env, dropped_)},
    });
  }

 private:
  static napi_value numbers(napi_env env, const std::vector<double>& values) {
    void* data = nullptr;
    napi_value buffer, array;
    js::check(env, napi_create_arraybuffer(env, values.size() * sizeof(double), &data, &buffer));
    std::copy(values.begin(), values.end(), static_cast<double*>(data));
    js::check(env, napi_create_typedarray(env, napi_float64_array, values.size(), buffer, 0, &array));
    return array;
  }

  const size_t limit_;
  const std::unordered_set<std::string> counted_;
  const int64_t origin_;
  std::mutex mutex_;  // backward passes on a GPU have threads of their own
  uint32_t stage_ = 0;
  int64_t dropped_ = 0;
  std::unordered_map<std::string, uint32_t> known_names_, known_stages_;
  std::vector<std::string> names_, stages_;
  std::map<Code, uint32_t> known_signatures_;
  std::vector<Code> signatures_;
  std::map<std::tuple<uint32_t, uint32_t, bool>, Total> totals_;
  std::vector<Event> events_;
  std::vector<std::pair<std::unique_ptr<Frame>, uint32_t>> ranges_;  // with the stage around each
};

/// The profile that runs, if any; shared, since a thread of LibTorch's may still be in a callback.
inline std::shared_ptr<Recorder>& current() {
  static auto* recorder = new std::shared_ptr<Recorder>;
  return *recorder;
}

inline at::CallbackHandle& callback() {
  static at::CallbackHandle handle = at::INVALID_CALLBACK_HANDLE;
  return handle;
}

inline std::unique_ptr<at::ObserverContext> begin(const at::RecordFunction& function) {
  const auto recorder = std::atomic_load(&current());
  if (!recorder || function.isAsync()) return nullptr;  // may end on another thread: no stack holds it
  auto frame = std::make_unique<Frame>();
  frame->code.reserve(48);
  frame->code = {0, 0, 2, static_cast<int64_t>(function.inputs().size())};
  for (const auto& input : function.inputs()) encode(frame->code, input);
  recorder->open(*frame, function.name(), false);
  return frame;
}

inline void end(const at::RecordFunction& function, at::ObserverContext* context) {
  const auto time = now();
  auto* frame = static_cast<Frame*>(context);
  if (!frame) return;
  if (top == frame) top = frame->parent;
  const auto recorder = std::atomic_load(&current());
  if (!recorder || recorder->id != frame->profile) return;
  frame->code.insert(frame->code.end(), {2, static_cast<int64_t>(function.outputs().size())});
  for (const auto& output : function.outputs()) encode(frame->code, output);
  recorder->close(*frame, time);
}

/// pauseProfile(paused): takes the hook out of LibTorch, or puts it back.
inline napi_value pause(js::Call& call) {
  const bool paused = call.boolean(0) || !current();
  auto& handle = callback();
  if (paused && handle != at::INVALID_CALLBACK_HANDLE) {
    at::removeCallback(handle);
    handle = at::INVALID_CALLBACK_HANDLE;
  } else if (!paused && handle == at::INVALID_CALLBACK_HANDLE) {
    handle = at::addGlobalCallback(
        at::RecordFunctionCallback(begin, end)
            .needsInputs(true)
            .needsOutputs(true)
            .scopes({at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION}));
  }
  return js::undefined(call.env);
}

/// startProfile(most events, names of the operators whose FLOPs are known): paused.
inline napi_value start(js::Call& call) {
  call.where = "startProfile";
  static uint64_t started = 0;
  if (current()) throw std::runtime_error("a profile is running already; stop it first");
  const auto limit = static_cast<size_t>(call.integer(0));
  const auto counted = js::to_vector<std::string>(call.env, call[1], js::to_string);
  std::atomic_store(&current(), std::make_shared<Recorder>(++started, limit, counted));
  return js::undefined(call.env);
}

/// enterProfileRange(stage, name): what runs from here on belongs to the stage.
inline napi_value enter(js::Call& call) {
  if (current()) current()->enter(call.string(0), call.string(1));
  return js::undefined(call.env);
}

inline napi_value leave(js::Call& call) {
  if (current()) current()->leave();
  return js::undefined(call.env);
}

/// stopProfile(), after a pause: all that was recorded. Ranges that are open end here.
inline napi_value stop(js::Call& call) {
  call.where = "stopProfile";
  const auto recorder = std::atomic_exchange(&current(), std::shared_ptr<Recorder>());
  if (!recorder) throw std::runtime_error("no profile is running");
  return recorder->result(call.env);
}

}  // namespace profile
