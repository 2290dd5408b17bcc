// A device in software for tests, where there is no GPU: LibTorch's backend for private use over the host's memory. Its
// tensors mix with those of the CPU no more than a GPU's do, what the host waits for is counted, and what is asked of it
// can be captured and done again. It computes with the CPU's operators, and knows no streams: nothing is ever under way.
// For LibTorch 1.13.

#include <ATen/ATen.h>
#include <ATen/NativeFunctions.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/library.h>

#include <functional>
#include <unordered_map>
#include <utility>

#include "js.h"

namespace {

using torch::jit::Stack;

const c10::Device software(c10::DeviceType::PrivateUse1, 0);

C10_REGISTER_GUARD_IMPL(PrivateUse1, c10::impl::NoOpDeviceGuardImpl<c10::DeviceType::PrivateUse1>);

/// Since the last look: operators, reads by the host, and copies from the host that it waits for.
struct Counts {
  int64_t operators = 0, reads = 0, blocking = 0;
} counts;

using Tape = std::vector<std::function<void()>>;
std::unordered_map<int64_t, Tape> tapes;
int64_t last_tape = 0;
Tape* capturing = nullptr;

void refuse_capture(const char* what) { TORCH_CHECK(!capturing, what, " while work is captured"); }

/// A CPU tensor's memory as a tensor of the device.
at::Tensor wrapped(const at::Tensor& host) {
  if (!host.defined()) return host;
  auto* keep = new at::Tensor(host);
  void* memory = host.numel() ? static_cast<char*>(host.data_ptr()) - host.storage_offset() * host.itemsize() : nullptr;
  c10::DataPtr data(memory, keep, [](void* kept) { delete static_cast<at::Tensor*>(kept); }, software);
  c10::Storage storage(c10::Storage::use_byte_size_t(), host.storage().nbytes(), std::move(data), nullptr, false);
  auto result = at::detail::make_tensor<c10::TensorImpl>(
      std::move(storage), c10::DispatchKeySet(c10::DispatchKey::PrivateUse1), host.dtype());
  result.unsafeGetTensorImpl()->set_sizes_and_strides(host.sizes(), host.strides(), host.storage_offset());
  return result;
}

/// The other way round. Numbers of the host may stand among the device's tensors, as on a GPU.
at::Tensor on_host(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  if (tensor.is_cpu()) {
    TORCH_CHECK(tensor.dim() == 0, "a tensor of the CPU, ", tensor.sizes(), ", among those of the device");
    return tensor;
  }
  const auto plain = tensor.detach();
  return at::for_blob(plain.data_ptr(), plain.sizes())
      .strides(plain.strides())
      .deleter([plain](void*) {})
      .options(plain.options().device(at::kCPU))
      .make_tensor();
}

c10::IValue on_host(const c10::IValue& value) {
  if (value.isTensor()) return on_host(value.toTensor());
  if (value.isDevice()) return c10::Device(at::kCPU);
  if (value.isTensorList()) {
    c10::List<at::Tensor> list;
    for (const auto& tensor : value.toTensorVector()) list.push_back(on_host(tensor));
    return list;
  }
  if (value.isList() && value.toList().elementType()->isSubtypeOf(*c10::OptionalType::ofTensor())) {
    c10::List<c10::optional<at::Tensor>> list;
    for (const c10::IValue& one : value.toListRef())
      list.push_back(one.isNone() ? c10::optional<at::Tensor>() : on_host(one.toTensor()));
    return list;
  }
  return value;
}

/// The CPU's operator on the device's memory.
Stack run(const c10::OperatorHandle& op, const Stack& given) {
  Stack stack;
  std::vector<std::pair<at::Tensor, at::Tensor>> sized;  // empty outputs, whose sizes the operator finds
  for (size_t i = 0; i < given.size(); i++) {
    const auto* alias = op.schema().arguments()[i].alias_info();
    const bool output = alias && alias->isWrite() && given[i].isTensor() && given[i].toTensor().numel() == 0;
    if (!output) {
      stack.push_back(on_host(given[i]));
      continue;
    }
    sized.emplace_back(given[i].toTensor(), at::empty({0}, given[i].toTensor().options().device(at::kCPU)));
    stack.emplace_back(sized.back().second);
  }
  // Those of a device's own libraries, which the CPU has under other names.
  const auto& name = op.schema().name();
  const auto instead = [](const char* other) { return c10::Dispatcher::singleton().findSchemaOrThrow(other, ""); };
  at::AutoDispatchBelowADInplaceOrView below_autograd;
  if (name == "aten::convolution_overrideable") {
    instead("aten::convolution").callBoxed(&stack);
  } else if (name == "aten::convolution_backward_overrideable") {
    stack.insert(stack.begin() + 3, c10::IValue());  // sizes of a bias
    instead("aten::convolution_backward").callBoxed(&stack);
  } else {
    op.callBoxed(&stack);
  }
  for (const auto& [output, found] : sized) {
    output.unsafeGetTensorImpl()->set_storage_keep_dtype(wrapped(found).storage());
    output.unsafeGetTensorImpl()->set_sizes_and_strides(found.sizes(), found.strides());
  }
  return stack;
}

/// Every operator that the table below does not have.
void any_operator(const c10::OperatorHandle& op, Stack* stack) {
  const auto& schema = op.schema();
  const auto begin = stack->end() - schema.arguments().size();
  const Stack given(begin, stack->end());
  stack->erase(begin, stack->end());
  counts.operators++;
  Stack results = run(op, given);
  std::vector<size_t> made;  // places of new tensors among the results
  for (size_t r = 0; r < results.size(); r++) {
    const auto* alias = schema.returns()[r].alias_info();
    if (alias && alias->isWrite()) {  // an argument, changed in place
      for (size_t i = 0; i < given.size(); i++) {
        const auto* own = schema.arguments()[i].alias_info();
        if (own && own->beforeSets() == alias->beforeSets()) results[r] = given[i];
      }
    } else if (results[r].isTensor()) {
      results[r] = wrapped(results[r].toTensor());
      if (results[r].toTensor().defined()) made.push_back(r);
    } else if (results[r].isTensorList()) {
      refuse_capture("a list of tensors was made");
      c10::List<at::Tensor> list;
      for (const auto& tensor : results[r].toTensorVector()) list.push_back(wrapped(tensor));
      results[r] = list;
    }
  }
  if (capturing)
    capturing->push_back([op, given, results, made] {
      const Stack again = run(op, given);
      for (const auto r : made) on_host(results[r].toTensor()).copy_(again[r].toTensor());
    });
  stack->insert(stack->end(), results.begin(), results.end());
}

at::Tensor empty(at::IntArrayRef sizes, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>,
                 c10::optional<at::Device>, c10::optional<bool>, c10::optional<at::MemoryFormat> format) {
  return wrapped(at::empty(sizes, at::TensorOptions().dtype(dtype), format));
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides, c10::optional<at::ScalarType> dtype,
                         c10::optional<at::Layout>, c10::optional<at::Device>, c10::optional<bool>) {
  return wrapped(at::empty_strided(sizes, strides, at::TensorOptions().dtype(dtype)));
}

/// The CPU's has no memory, and a dispatch key of its own.
at::Tensor zero_tensor(at::IntArrayRef sizes, c10::optional<at::ScalarType> dtype, c10::optional<at::Layout>,
                       c10::optional<at::Device>, c10::optional<bool>) {
  return wrapped(at::zeros(sizes, at::TensorOptions().dtype(dtype)));
}

at::Tensor& copy(at::Tensor& to, const at::Tensor& from, bool non_blocking) {
  if (to.is_cpu()) {
    refuse_capture("the host read a tensor");
    counts.reads++;
    to.copy_(on_host(from));
  } else if (from.is_cpu()) {
    refuse_capture("a tensor came from the host");
    counts.blocking += !non_blocking;
    on_host(to).copy_(from);
  } else {
    counts.operators++;
    on_host(to).copy_(on_host(from));
    if (capturing) capturing->push_back([to, from] { on_host(to).copy_(on_host(from)); });
  }
  return to;
}

at::Scalar read(const at::Tensor& tensor) {
  refuse_capture("the host read a number");
  counts.reads++;
  return on_host(tensor).item();
}

TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&any_operator>()); }

TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", empty);
  m.impl("empty_strided", empty_strided);
  m.impl("_efficientzerotensor", zero_tensor);
  m.impl("copy_", copy);
  m.impl("_local_scalar_dense", read);
  // Views of the same memory.
  m.impl("as_strided", at::native::as_strided_tensorimpl);
  m.impl("view", at::native::view);
  m.impl("_reshape_alias", at::native::_reshape_alias);
  // These would be made of others that need more of a device.
  for (const auto* name : {"arange", "arange.start", "arange.start_step", "rand.generator", "randn.generator",
                           "randint.low_generator", "convolution_overrideable", "convolution_backward_overrideable"})
    m.impl(name, torch::CppFunction::makeFromBoxedFunction<&any_operator>());
}

napi_value look(js::Call& call) {
  const auto seen = std::exchange(counts, {});
  return js::object(call.env, {{"operators", js::from(call.env, seen.operators)},
                               {"reads", js::from(call.env, seen.reads)},
                               {"blocking", js::from(call.env, seen.blocking)}});
}

/// A tape's number.
napi_value begin(js::Call& call) {
  refuse_capture("another capture began");
  capturing = &tapes[++last_tape];
  return js::from(call.env, last_tape);
}

napi_value end(js::Call& call) {
  capturing = nullptr;
  return js::undefined(call.env);
}

napi_value replay(js::Call& call) {
  const at::NoGradGuard no_grad;
  for (const auto& work : tapes.at(call.integer(0))) work();
  return js::undefined(call.env);
}

napi_value forget(js::Call& call) {
  tapes.erase(call.integer(0));
  return js::undefined(call.env);
}

template <napi_value (*F)(js::Call&)>
napi_value guarded(napi_env env, napi_callback_info info) {
  js::Call call(env, info);
  try {
    return F(call);
  } catch (const std::exception& error) {
    napi_throw_error(env, nullptr, error.what());
    return nullptr;
  }
}

template <napi_value (*F)(js::Call&)>
constexpr napi_property_descriptor entry(const char* name) {
  return {name, nullptr, guarded<F>, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
}

const napi_property_descriptor exports_table[] = {entry<look>("look"), entry<begin>("begin"), entry<end>("end"),
                                                  entry<replay>("replay"), entry<forget>("forget")};

}  // namespace

/// For those who load this without Node: operators since the last look.
extern "C" __attribute__((visibility("default"))) int64_t software_device_operators() {
  return std::exchange(counts, {}).operators;
}

NAPI_MODULE_INIT() {
  napi_define_properties(env, exports, std::size(exports_table), exports_table);
  return exports;
}
