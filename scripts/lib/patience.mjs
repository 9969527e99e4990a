/** For builds that compute many times slower (sanitizers): gives every test ten times its time. */
export const mochaHooks = {
  /** @this {import("mocha").Context} */
  beforeEach() {
    const test = this.currentTest;
    if (test) test.timeout(10 * test.timeout());
  },
};
