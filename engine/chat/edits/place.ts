/** What surrounds the lines that a change is about. */
export interface Surroundings {
  /** Lines of the file above them. */
  before: readonly string[];
  /** Lines of the file below them. */
  after: readonly string[];
}
