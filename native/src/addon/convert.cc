#include "addon/convert.h"

#include <cmath>

namespace sterna {
namespace {

[[noreturn]] void fail(Napi::Env env, const char* name, const std::string& expected) {
  throw Napi::TypeError::New(env, std::string(name) + " must be " + expected);
}

}  // namespace

bool is_absent(const Napi::Value& value) { return value.IsUndefined() || value.IsNull(); }

std::string one_line(std::string message) {
  for (char& c : message) {
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  }
  return message;
}

Napi::Value field(const Napi::Value& object, const char* name) {
  if (is_absent(object)) return object.Env().Undefined();
  if (!object.IsObject()) throw Napi::TypeError::New(object.Env(), "options must be an object");
  return object.As<Napi::Object>().Get(name);
}

int int_field(const Napi::Value& object, const char* name, int low, int high, int fallback) {
  const Napi::Value value = field(object, name);
  if (is_absent(value)) return fallback;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= low && number <= high) || number != std::floor(number)) {
    fail(object.Env(), name,
         "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
  }
  return static_cast<int>(number);
}

double number_field(const Napi::Value& object, const char* name, double fallback) {
  const Napi::Value value = field(object, name);
  if (is_absent(value)) return fallback;
  if (!value.IsNumber() || !std::isfinite(value.As<Napi::Number>().DoubleValue())) {
    fail(object.Env(), name, "a finite number");
  }
  return value.As<Napi::Number>().DoubleValue();
}

bool bool_field(const Napi::Value& object, const char* name, bool fallback) {
  const Napi::Value value = field(object, name);
  if (is_absent(value)) return fallback;
  if (!value.IsBoolean()) fail(object.Env(), name, "true or false");
  return value.As<Napi::Boolean>();
}

std::string string_field(const Napi::Value& object, const char* name, const char* fallback) {
  const Napi::Value value = field(object, name);
  if (is_absent(value)) return fallback;
  if (!value.IsString()) fail(object.Env(), name, "a string");
  return value.As<Napi::String>();
}

int choice_field(const Napi::Value& object, const char* name,
                 const std::vector<std::string>& choices, int fallback) {
  const Napi::Value value = field(object, name);
  if (is_absent(value)) return fallback;
  const std::string text = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  std::string expected = "one of";
  for (size_t i = 0; i < choices.size(); ++i) {
    if (text == choices[i]) return static_cast<int>(i);
    expected += " \"" + choices[i] + "\"";
  }
  fail(object.Env(), name, expected);
}

std::vector<std::string> strings_field(const Napi::Value& object, const char* name) {
  const Napi::Value value = field(object, name);
  if (is_absent(value)) return {};
  if (!value.IsArray()) fail(object.Env(), name, "an array of strings");
  const Napi::Array array = value.As<Napi::Array>();
  std::vector<std::string> out;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value item = array.Get(i);
    if (!item.IsString()) fail(object.Env(), name, "an array of strings");
    out.push_back(item.As<Napi::String>());
  }
  return out;
}

std::vector<int32_t> tokens_of(const Napi::Value& value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array) {
    fail(value.Env(), name, "a Uint32Array of token ids");
  }
  const Napi::Uint32Array array = value.As<Napi::Uint32Array>();
  std::vector<int32_t> out(array.ElementLength());
  for (size_t i = 0; i < out.size(); ++i) {
    const uint32_t id = array[i];
    out[i] = id > INT32_MAX ? -1 : static_cast<int32_t>(id);
  }
  return out;
}

Napi::Value to_uint32_array(Napi::Env env, const std::vector<int32_t>& tokens) {
  Napi::Uint32Array array = Napi::Uint32Array::New(env, tokens.size());
  for (size_t i = 0; i < tokens.size(); ++i) array[i] = static_cast<uint32_t>(tokens[i]);
  return array;
}

std::string string_argument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (info.Length() <= index || !info[index].IsString()) fail(info.Env(), name, "a string");
  return info[index].As<Napi::String>();
}

}  // namespace sterna
