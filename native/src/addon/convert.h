// From JavaScript values to plain data, checked at the door: a wrong value throws one TypeError
// that names the field.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sterna {

// A field of an options object, which may be absent itself: every field is then.
Napi::Value field(const Napi::Value& object, const char* name);
bool is_absent(const Napi::Value& value);

// Each returns the field, or `fallback` when it is absent.
int int_field(const Napi::Value& object, const char* name, int low, int high, int fallback);
double number_field(const Napi::Value& object, const char* name, double fallback);
bool bool_field(const Napi::Value& object, const char* name, bool fallback);
std::string string_field(const Napi::Value& object, const char* name, const char* fallback);
// Index of the field's text in `choices`; `fallback` when it is absent.
int choice_field(const Napi::Value& object, const char* name,
                 const std::vector<std::string>& choices, int fallback);
std::vector<std::string> strings_field(const Napi::Value& object, const char* name);

// A Uint32Array as token ids; ids over INT32_MAX become -1, which no vocabulary has.
std::vector<int32_t> tokens_of(const Napi::Value& value, const char* name);
Napi::Value to_uint32_array(Napi::Env env, const std::vector<int32_t>& tokens);

// What an error names may hold anything, but its message is one line.
std::string one_line(std::string message);

std::string string_argument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace sterna
