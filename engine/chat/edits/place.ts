/** The lines around those that a change is about. */
export interface Surroundings {
  /** Lines of the file above the place. */
  before: readonly string[];
  /** Lines of the file below the place. */
  after: readonly string[];
}
