/** A row of weights that cannot be decoded. The caller, which knows file and tensor, turns it into a ModelFileError. */
export class RowProblem extends Error {
  override name = "RowProblem";
}
