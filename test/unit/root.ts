/** Absolute path of the repository; the tests are run from there. */
export const root = process.cwd();
