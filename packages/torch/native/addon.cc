// The addon's one translation unit (LibTorch's headers cost many seconds each time they are parsed)
// and its table of exports. Each header beside this file holds one subject.

#include "autograd.h"
#include "convolution.h"
#include "dispatch.h"
#include "distributed.h"
#include "environment.h"
#include "errors.h"
#include "graph.h"
#include "images.h"
#include "memory.h"
#include "mixture.h"
#include "norm.h"
#include "optimiser.h"
#include "pool.h"
#include "profile.h"
#include "random.h"
#include "script.h"
#include "tensor.h"

#include <c10/util/Logging.h>

namespace {

/// setErrorClasses(TorchError, DisposedTensorError, OutOfMemoryError)
napi_value set_error_classes(js::Call& call) {
  auto& classes = errors::classes();
  js::check(call.env, napi_create_reference(call.env, call[0], 1, &classes.torch));
  js::check(call.env, napi_create_reference(call.env, call[1], 1, &classes.disposed));
  js::check(call.env, napi_create_reference(call.env, call[2], 1, &classes.out_of_memory));
  return js::undefined(call.env);
}

template <Export F>
constexpr napi_property_descriptor entry(const char* name) {
  return {name, nullptr, guarded<F>, nullptr, nullptr, nullptr, napi_enumerable, nullptr};
}

const napi_property_descriptor exports_table[] = {
    entry<set_error_classes>("setErrorClasses"),
    // dispatch.h
    entry<dispatch::declare>("declare"),
    entry<dispatch::run>("call"),
    entry<dispatch::schema>("schema"),
    entry<dispatch::operator_names>("operatorNames"),
    // tensor.h
    entry<tensor::from_bytes>("fromBytes"),
    entry<tensor::upload>("upload"),
    entry<tensor::copy_bytes>("copyBytes"),
    entry<tensor::shared_bytes>("sharedBytes"),
    entry<tensor::shape>("shape"),
    entry<tensor::strides>("strides"),
    entry<tensor::dtype>("dtype"),
    entry<tensor::device>("device"),
    entry<tensor::is_contiguous>("isContiguous"),
    entry<tensor::item>("item"),
    entry<tensor::at_index>("at"),
    entry<tensor::remove>("remove"),
    entry<tensor::account>("account"),
    entry<tensor::bytes_of>("bytesOf"),
    entry<tensor::live>("live"),
    entry<tensor::memory>("memory"),
    entry<tensor::reset_peak>("resetPeak"),
    entry<tensor::empty_cache>("emptyCache"),
    entry<tensor::set_memory_limit>("setMemoryLimit"),
    // autograd.h
    entry<autograd::grad>("grad"),
    entry<autograd::backward>("backward"),
    entry<autograd::requires_grad>("requiresGrad"),
    entry<autograd::set_requires_grad>("setRequiresGrad"),
    entry<autograd::is_leaf>("isLeaf"),
    entry<autograd::get_grad>("getGrad"),
    entry<autograd::set_grad>("setGrad"),
    entry<autograd::set_grad_mode>("setGradMode"),
    entry<autograd::enter_autocast>("enterAutocast"),
    entry<autograd::leave_autocast>("leaveAutocast"),
    // convolution.h
    entry<convolution::convolve>("convolve"),
    // graph.h
    entry<graph::leave_default_stream>("leaveDefaultStream"),
    entry<graph::begin>("beginGraph"),
    entry<graph::end>("endGraph"),
    entry<graph::abandon>("abandonGraph"),
    entry<graph::replay>("replayGraph"),
    // images.h
    entry<images::join>("joinChannels"),
    entry<images::set_layout>("setImageLayout"),
    // mixture.h
    entry<mixture::mix>("mixKernels"),
    entry<mixture::without_values>("withoutValues"),
    entry<mixture::remake_values>("remakeValues"),
    // norm.h
    entry<norm::batch_norm>("normaliseBatch"),
    // optimiser.h
    entry<optimiser::step_adam>("stepAdam"),
    entry<optimiser::pull_back_adam>("pullBackAdam"),
    entry<optimiser::step_rmsprop>("stepRMSprop"),
    entry<optimiser::pull_back_rmsprop>("pullBackRMSprop"),
    // pool.h
    entry<pool::halve>("halveByMaximum"),
    // random.h
    entry<random_numbers::create>("createGenerator"),
    entry<random_numbers::get_state>("getGeneratorState"),
    entry<random_numbers::set_state>("setGeneratorState"),
    entry<random_numbers::seed>("seedGenerator"),
    // script.h
    entry<script::load>("loadScript"),
    entry<script::save>("saveScript"),
    entry<script::forward>("scriptForward"),
    entry<script::parameters>("scriptParameters"),
    entry<script::buffers>("scriptBuffers"),
    entry<script::bytes>("scriptBytes"),
    entry<script::set_training>("setScriptTraining"),
    entry<script::to>("moveScript"),
    // distributed.h
    entry<distributed::backends>("groupBackends"),
    entry<distributed::connect>("connectGroup"),
    entry<distributed::all_reduce>("groupAllReduce"),
    entry<distributed::broadcast>("groupBroadcast"),
    // environment.h
    entry<environment::describe>("environment"),
    entry<environment::set_threads>("setThreads"),
    entry<environment::set_flags>("setFlags"),
    entry<environment::synchronize>("synchronize"),
    // profile.h
    entry<profile::start>("startProfile"),
    entry<profile::pause>("pauseProfile"),
    entry<profile::enter>("enterProfileRange"),
    entry<profile::leave>("leaveProfileRange"),
    entry<profile::stop>("stopProfile"),
};

}  // namespace

NAPI_MODULE_INIT() {
  c10::SetCPUAllocator(&cpu_allocator(), /*priority=*/100);
  // An error's C++ backtrace, which no message of ours shows, would take 4 ms to make.
  c10::SetStackTraceFetcher(std::function<std::string()>([] { return std::string(); }));
  environment::disable_nnpack();
  napi_define_properties(env, exports, std::size(exports_table), exports_table);
  return exports;
}
