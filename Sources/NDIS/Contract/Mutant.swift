// Mutants, for `.ci/mutants` only: one table row or one check made wrong, to see whether a test notices.
// Nothing of this is in a release build.

#if MUTANTS
  internal import Glibc

  /// The mutant of this process: `NDISSIM_MUTANT=table:row`, read once.
  public enum Mutant {
    private static let chosen: String = {
      guard let text = unsafe getenv("NDISSIM_MUTANT") else { return "" }
      return unsafe String(cString: text)
    }()

    public static func isRow(_ row: Int, of table: String) -> Bool {
      !chosen.isEmpty && chosen == "\(table):\(row)"
    }
  }

  extension Array {
    /// The rows of a table, the chosen one changed, or dropped where `change` answers nil.
    public func mutated(_ table: String, _ change: (Element) -> Element?) -> [Element] {
      enumerated().compactMap { Mutant.isRow($0, of: table) ? change($1) : $1 }
    }
  }
#endif
