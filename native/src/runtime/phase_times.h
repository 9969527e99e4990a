// Where the time of a forward pass goes, for measurements.
#pragma once

#include <chrono>

namespace sterna {

// Milliseconds of thread 0, including its waiting at the barriers.
struct PhaseTimes {
  double body = 0;        // ternary matrix products
  double attention = 0;   // scores, softmax and weighted values
  double head = 0;        // output norm and output matrix
  double other = 0;       // embedding, norms, rotation, activation
  double head_bytes = 0;  // not a time: bytes of the output matrix that were read

  PhaseTimes& operator+=(const PhaseTimes& more) {
    body += more.body;
    attention += more.attention;
    head += more.head;
    other += more.other;
    head_bytes += more.head_bytes;
    return *this;
  }
};

// Adds the time since the last lap to a phase. Reading the clock takes a negligible part of a pass.
class PhaseClock {
 public:
  // With null it measures nothing; that is for all threads but 0.
  explicit PhaseClock(PhaseTimes* times)
      : times_(times), last_(times ? Clock::now() : Clock::time_point()) {}

  void lap(double PhaseTimes::*phase) {
    if (!times_) return;
    const Clock::time_point now = Clock::now();
    times_->*phase += std::chrono::duration<double, std::milli>(now - last_).count();
    last_ = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  PhaseTimes* const times_;
  Clock::time_point last_;
};

}  // namespace sterna
