#include "addon/ceilings_worker.h"

#include "addon/convert.h"
#include "bench/ceilings.h"

namespace sterna {
namespace {

// Measures on a thread of libuv's pool, because it takes about a second.
class CeilingWorker : public Napi::AsyncWorker {
 public:
  CeilingWorker(Napi::Env env, CeilingOptions options)
      : AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        options_(std::move(options)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

  void Execute() override {
    std::string error;
    const std::optional<Ceilings> measured = measure_ceilings(options_, &error);
    if (measured) {
      ceilings_ = *measured;
    } else {
      SetError(one_line(error));
    }
  }
  void OnOK() override {
    Napi::Object out = Napi::Object::New(Env());
    out.Set("readGBs", ceilings_.read_gbs);
    out.Set("macGMACs", ceilings_.mac_gmacs);
    deferred_.Resolve(out);
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  CeilingOptions options_;
  Ceilings ceilings_;
};

}  // namespace

Napi::Value start_ceilings(const Napi::CallbackInfo& info) {
  CeilingOptions options;
  options.threads = int_field(info[0], "threads", 1, 64, options.threads);
  options.kernel = string_field(info[0], "kernel", "");
  options.megabytes = static_cast<size_t>(
      int_field(info[0], "megabytes", 1, 1 << 16, static_cast<int>(options.megabytes)));
  options.passes = int_field(info[0], "passes", 1, 1000, options.passes);
  auto* worker = new CeilingWorker(info.Env(), std::move(options));
  worker->Queue();
  return worker->promise();
}

}  // namespace sterna
