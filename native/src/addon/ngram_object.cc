#include "addon/ngram_object.h"

#include <chrono>
#include <functional>
#include <string>
#include <utility>

#include "addon/convert.h"
#include "addon/instance.h"

namespace sterna {
namespace {

// A random number that marks the objects of this class.
constexpr napi_type_tag kTag = {0x71c3a80e5d6f42b9, 0x8d15be29f74a6c03};

// Changes the index on a thread of libuv's pool, because cutting a long file into words would block
// the JavaScript thread.
class ChangeWorker : public Napi::AsyncWorker {
 public:
  ChangeWorker(Napi::Env env, std::function<bool()> change)
      : AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        change_(std::move(change)) {}

  static Napi::Value start(Napi::Env env, std::function<bool()> change) {
    auto* worker = new ChangeWorker(env, std::move(change));
    worker->Queue();
    return worker->deferred_.Promise();
  }

  void Execute() override { result_ = change_(); }
  void OnOK() override { deferred_.Resolve(Napi::Boolean::New(Env(), result_)); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::function<bool()> change_;
  bool result_ = false;
};

// Reads an argument that is a whole number of bytes up to 2^40.
size_t bytes_argument(const Napi::CallbackInfo& info, const char* name) {
  const double bytes = info[0].IsNumber() ? info[0].As<Napi::Number>().DoubleValue() : -1;
  if (!(bytes >= 0 && bytes <= 1099511627776.0)) {
    throw Napi::TypeError::New(info.Env(), std::string(name) + " must be a number of bytes");
  }
  return static_cast<size_t>(bytes);
}

}  // namespace

Napi::Function NgramObject::define(Napi::Env env) {
  return DefineClass(
      env, "NgramIndex",
      {InstanceMethod<&NgramObject::reserve>("reserve"), InstanceMethod<&NgramObject::set>("set"),
       InstanceMethod<&NgramObject::remove>("remove"), InstanceMethod<&NgramObject::clear>("clear"),
       InstanceMethod<&NgramObject::compact>("compact"),
       InstanceMethod<&NgramObject::stats>("stats"),
       InstanceMethod<&NgramObject::measure_look_ups>("measureLookUps")});
}

Napi::Value NgramObject::create(const Napi::CallbackInfo& info) {
  auto index = std::make_shared<NgramIndex>(bytes_argument(info, "maxBytes"));
  const auto handle = Napi::External<std::shared_ptr<NgramIndex>>::New(info.Env(), &index);
  return Instance::of(info.Env()).ngram_class.New({handle});
}

NgramObject* NgramObject::Unwrap(Napi::Object object) {
  if (!object.CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(object.Env(), "this is no NgramIndex");
  }
  return ObjectWrap::Unwrap(object);
}

NgramObject::NgramObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info.Length() != 1 || !info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "use createNgramIndex()");
  }
  info.This().As<Napi::Object>().TypeTag(&kTag);
  index_ = *info[0].As<Napi::External<std::shared_ptr<NgramIndex>>>().Data();
}

Napi::Value NgramObject::reserve(const Napi::CallbackInfo& info) {
  index_->reserve(bytes_argument(info, "textBytes"));
  return info.Env().Undefined();
}

Napi::Value NgramObject::set(const Napi::CallbackInfo& info) {
  NgramIndex::File file;
  file.path = string_field(info[0], "path", "");
  file.family = int_field(info[0], "family", 0, 1 << 16, 0);
  file.is_dependency = bool_field(info[0], "isDependency", false);
  return ChangeWorker::start(
      info.Env(), [index = index_, file = std::move(file),
                   text = string_argument(info, 1, "text")] { return index->set(file, text); });
}

Napi::Value NgramObject::remove(const Napi::CallbackInfo& info) {
  return ChangeWorker::start(info.Env(), [index = index_, path = string_argument(info, 0, "path")] {
    return index->remove(path);
  });
}

Napi::Value NgramObject::clear(const Napi::CallbackInfo& info) {
  return ChangeWorker::start(info.Env(), [index = index_] {
    index->clear();
    return true;
  });
}

Napi::Value NgramObject::compact(const Napi::CallbackInfo& info) {
  return ChangeWorker::start(info.Env(), [index = index_] {
    index->compact();
    return true;
  });
}

Napi::Value NgramObject::stats(const Napi::CallbackInfo& info) {
  const NgramIndex::Stats stats = index_->stats();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("files", static_cast<double>(stats.files));
  out.Set("textBytes", static_cast<double>(stats.text_bytes));
  out.Set("indexBytes", static_cast<double>(stats.index_bytes));
  out.Set("staleWords", static_cast<double>(stats.stale_words));
  out.Set("words", static_cast<double>(stats.words));
  return out;
}

Napi::Value NgramObject::measure_look_ups(const Napi::CallbackInfo& info) {
  using Clock = std::chrono::steady_clock;
  const std::string path = string_field(info[0], "path", "");
  const int family = int_field(info[0], "family", 0, 1 << 16, 0);
  const std::string text = string_argument(info, 1, "text");
  const double count = info[2].IsNumber() ? info[2].As<Napi::Number>().DoubleValue() : -1;
  if (!(count >= 1 && count <= 1e6)) {
    throw Napi::TypeError::New(info.Env(), "count must be a number from 1 to 1000000");
  }
  NgramIndex::View view = index_->view(path, family, {path});
  Napi::Float64Array times = Napi::Float64Array::New(info.Env(), static_cast<size_t>(count));
  for (size_t i = 0; i < times.ElementLength(); ++i) {
    const size_t end = text.size() * (i + 1) / (times.ElementLength() + 1);
    const Clock::time_point start = Clock::now();
    const size_t found = view.occurrences(std::string_view(text).substr(0, end)).size();
    const std::chrono::duration<double, std::micro> took = Clock::now() - start;
    times[i] = found > NgramIndex::kOccurrences ? -1 : took.count();
  }
  return times;
}

}  // namespace sterna
