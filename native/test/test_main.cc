#include "check.h"

int main(int argc, char** argv) {
  // A run that finds no test is an error: a mistyped filter must not look like success.
  if (sterna::test::cases().empty()) return 2;
  return sterna::test::run_all(argc > 1 ? argv[1] : "") == 0 ? 0 : 1;
}
