// The mutant switch, for `.ci/mutants` only: changes one row of a table or one check, so that a test has to
// detect it. Products do not contain it: Package.swift defines MUTANTS when NDISSIM_MUTANTS=1 is set.

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
    /// The rows of a table, with the selected one changed, or dropped where `change` returns nil.
    public func mutated(_ table: String, _ change: (Element) -> Element?) -> [Element] {
      enumerated().compactMap { Mutant.isRow($0, of: table) ? change($1) : $1 }
    }
  }
#endif
