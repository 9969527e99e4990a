/** A row of weights that cannot be decoded. Whoever knows the file and the tensor turns it into a ModelFileError. */
export class RowProblem extends Error {
  override name = "RowProblem";
}
