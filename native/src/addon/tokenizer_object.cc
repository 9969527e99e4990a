#include "addon/tokenizer_object.h"

#include "addon/convert.h"
#include "addon/instance.h"

namespace sterna {
namespace {

// A random number that marks the objects of this class.
constexpr napi_type_tag kTag = {0x2e8b61f7c09d4a13, 0xb7540e9fd38a6cc1};

}  // namespace

Napi::Function TokenizerObject::define(Napi::Env env) {
  return DefineClass(env, "Tokenizer",
                     {InstanceAccessor<&TokenizerObject::size>("size"),
                      InstanceAccessor<&TokenizerObject::special>("special"),
                      InstanceMethod<&TokenizerObject::encode>("encode"),
                      InstanceMethod<&TokenizerObject::decode>("decode"),
                      InstanceMethod<&TokenizerObject::id_of>("idOf")});
}

Napi::Object TokenizerObject::create(Napi::Env env, Tokenizer tokenizer) {
  const auto handle = Napi::External<Tokenizer>::New(env, &tokenizer);
  return Instance::of(env).tokenizer_class.New({handle});
}

TokenizerObject* TokenizerObject::Unwrap(Napi::Object object) {
  if (!object.CheckTypeTag(&kTag)) {
    throw Napi::TypeError::New(object.Env(), "this is no Tokenizer");
  }
  return ObjectWrap::Unwrap(object);
}

TokenizerObject::TokenizerObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  if (info.Length() != 1 || !info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), "use createTokenizer()");
  }
  info.This().As<Napi::Object>().TypeTag(&kTag);
  tokenizer_ = *info[0].As<Napi::External<Tokenizer>>().Data();
}

Napi::Value TokenizerObject::size(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), tokenizer_->size());
}

Napi::Value TokenizerObject::special(const Napi::CallbackInfo& info) {
  const SpecialTokens& s = tokenizer_->special();
  Napi::Object out = Napi::Object::New(info.Env());
  out.Set("bos", s.bos);
  out.Set("eos", s.eos);
  out.Set("eot", s.eot);
  out.Set("fimPrefix", s.fim_prefix);
  out.Set("fimSuffix", s.fim_suffix);
  out.Set("fimMiddle", s.fim_middle);
  out.Set("addBos", Napi::Boolean::New(info.Env(), s.add_bos));
  return out;
}

Napi::Value TokenizerObject::encode(const Napi::CallbackInfo& info) {
  std::string text = string_argument(info, 0, "text");
  if (tokenizer_->wants_form_c()) {
    const Napi::Object string = info[0].ToObject();
    const auto normalize = string.Get("normalize").As<Napi::Function>();
    text = normalize.Call(info[0], {Napi::String::New(info.Env(), "NFC")}).As<Napi::String>();
  }
  EncodeOptions options;
  options.bos = bool_field(info[1], "bos", false);
  options.special = bool_field(info[1], "special", false);
  return to_uint32_array(info.Env(), tokenizer_->encode(text, options));
}

Napi::Value TokenizerObject::decode(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), tokenizer_->decode(tokens_of(info[0], "tokens")));
}

Napi::Value TokenizerObject::id_of(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), tokenizer_->id_of(string_argument(info, 0, "text")));
}

}  // namespace sterna
