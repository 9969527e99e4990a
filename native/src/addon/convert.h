// Converts JavaScript values to plain data. Everything is checked here: a wrong value throws a
// TypeError with one line that names the field.
#pragma once

#include <napi.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sterna {

// A field of an options object. The object itself may be missing; all of its fields are then
// undefined.
Napi::Value field(const Napi::Value& object, const char* name);
bool is_absent(const Napi::Value& value);

// Each returns the field, or `fallback` when it is absent.
int int_field(const Napi::Value& object, const char* name, int low, int high, int fallback);
double number_field(const Napi::Value& object, const char* name, double fallback);
bool bool_field(const Napi::Value& object, const char* name, bool fallback);
std::string string_field(const Napi::Value& object, const char* name, const char* fallback);
// The index in `choices` of the field's text, or `fallback` when the field is absent.
int choice_field(const Napi::Value& object, const char* name,
                 const std::vector<std::string>& choices, int fallback);
std::vector<std::string> strings_field(const Napi::Value& object, const char* name);

// A Uint32Array as token ids; ids over INT32_MAX become -1, which no vocabulary has.
std::vector<int32_t> tokens_of(const Napi::Value& value, const char* name);
Napi::Value to_uint32_array(Napi::Env env, const std::vector<int32_t>& tokens);

// Puts a message on one line: names that it quotes (a path, a field) may hold any character.
std::string one_line(std::string message);

std::string string_argument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace sterna
