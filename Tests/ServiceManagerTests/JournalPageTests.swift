// The journal is an interface: docs/journal.md and systemd/ndissim.catalog say of every event what the
// code does, and nothing of events that are not. What is missing is said as it is to be written.

import NDISEvents
import Glibc
import Testing

extension ServiceManagerTests {
  @Suite struct JournalPageTests {
    // MARK: The page

    @Test func everyEventHasItsRowAndItsFieldsOnThePage() throws {
      let page = try Page()
      for event in Samples.all {
        let kind = event.kind
        let row = "| `\(kind.name)` | `\(kind.messageID)` | \(kind.priority.name) |"
        #expect(
          page.section("Events").count { $0 == row } == 1,
          "docs/journal.md, table under \"Events\", should have once: \(row)")
        let names = event.fields.map { "`\($0.name)`" }.joined(separator: " ")
        let fields = "| `\(kind.name)` | \(names.isEmpty ? "none" : names) |"
        #expect(
          page.section("Fields of each event").count { $0 == fields } == 1,
          "docs/journal.md, table under \"Fields of each event\", should have once: \(fields)")
        let sentence = "| `\(kind.name)` | \(event.sentence) |"
        #expect(
          page.section("Sentences").count { $0 == sentence } == 1,
          "docs/journal.md, table under \"Sentences\", should have once: \(sentence)")
      }
    }

    @Test(arguments: ["Events", "Fields of each event", "Sentences"])
    func thePageHasNoEventsOfItsOwn(section: String) throws {
      let rows = try Page().rows(section)
      #expect(
        rows == Event.kinds.map(\.name), "docs/journal.md, \"\(section)\": rows and their order")
    }

    @Test func everyFieldIsExplained() throws {
      let known = Set(Samples.all.flatMap { $0.fields.map(\.name) })
      let explained = try Page().rows("Fields")
      #expect(explained.count == Set(explained).count, "a field is explained twice")
      for name in known.subtracting(explained) {
        Issue.record(
          "docs/journal.md, table under \"Fields\", should have a row: | `\(name)` | … |")
      }
      for name in Set(explained).subtracting(known) {
        Issue.record("docs/journal.md, \"Fields\": no event has \(name)")
      }
    }

    /// Else a field that a sample forgets would be nowhere.
    @Test func everyFieldOfTheSourceIsInASample() throws {
      let source = try read("Sources/Events/Event+Fields.swift")
      let known = Set(Samples.all.flatMap { $0.fields.map(\.name) })
      // Between quotes is every second piece.
      let quoted = source.split(separator: "\"", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 && $0.element.hasPrefix("NDIS") }.map { String($0.element) }
      #expect(quoted.count > 20)
      for name in Set(quoted).subtracting(known) {
        Issue.record("\(name): no event of Samples.swift has it; give one of them a value for it")
      }
    }

    // MARK: The catalog

    @Test func everyEventHasOneEntryInTheCatalog() throws {
      let entries = try Catalog.entries()
      #expect(
        entries.map(\.messageID) == Event.kinds.map(\.messageID),
        "systemd/ndissim.catalog: one entry an event, in the order of Event.kinds")
      for kind in Event.kinds {
        guard let entry = entries.first(where: { $0.messageID == kind.messageID }) else {
          Issue.record(
            """
            systemd/ndissim.catalog should have:
            # \(kind.name)
            -- \(kind.messageID)
            Subject: …
            Defined-By: ndissim
            Documentation: man:ndissimd(8)

            What happened and what it means.

            What to do.
            """)
          continue
        }
        #expect(
          entry.title == kind.name, "\(kind.messageID): the line above it is `# \(kind.name)`")
      }
    }

    @Test func entriesAreWhole() throws {
      for entry in try Catalog.entries() {
        #expect(entry.headers["Defined-By"] == "ndissim", "\(entry.title)")
        #expect(entry.headers["Documentation"] == "man:ndissimd(8)", "\(entry.title)")
        #expect(entry.headers["Subject"]?.isEmpty == false, "\(entry.title)")
        #expect(entry.headers.count == 3, "\(entry.title): \(entry.headers.keys)")
        #expect(entry.paragraphs.count >= 2, "\(entry.title): what it means, and what to do")
        for line in entry.lines {
          #expect(line.count <= 76, "\(entry.title): longer than 76 columns: \(line)")
          #expect(line.last?.isWhitespace != true, "\(entry.title): ends in a space: \(line)")
        }
      }
    }

    /// A field an event does not have would be shown as `@NAME@`... or as nothing.
    @Test func entriesNameFieldsTheirEventsHave() throws {
      var named = 0
      for entry in try Catalog.entries() {
        guard let event = Samples.all.first(where: { $0.kind.name == entry.title }) else {
          continue
        }
        let known = Set(event.fields.map(\.name) + ["_PID"])
        for field in entry.fields {
          named += 1
          #expect(known.contains(field), "\(entry.title): the event has no field \(field)")
        }
      }
      #expect(named > 10)
    }
  }
}

/// docs/journal.md by its sections.
private struct Page {
  private var sections: [String: [Substring]] = [:]

  init() throws {
    var title = ""
    for line in try read("docs/journal.md").split(
      separator: "\n", omittingEmptySubsequences: false)
    {
      if line.hasPrefix("## ") {
        title = String(line.dropFirst(3))
        #expect(sections[title] == nil, "two sections \(title)")
        sections[title] = []
      } else {
        sections[title, default: []].append(line)
      }
    }
  }

  func section(_ title: String) -> [Substring] {
    if sections[title] == nil { Issue.record("docs/journal.md has no section \"\(title)\"") }
    return sections[title] ?? []
  }

  /// What stands in the first cell of each row, in backquotes.
  func rows(_ title: String) -> [String] {
    section(title).filter { $0.hasPrefix("| `") }.compactMap {
      $0.split(separator: "`").dropFirst().first.map(String.init)
    }
  }
}

private struct Catalog {
  struct Entry {
    var title = ""
    var messageID = ""
    var headers: [String: String] = [:]
    var lines: [String] = []

    var paragraphs: [[String]] {
      lines.split(separator: "").map { Array($0) }.filter { !$0[0].hasPrefix("Subject:") }
    }

    /// Names between two `@`.
    var fields: [String] {
      lines.joined(separator: "\n").split(separator: "@", omittingEmptySubsequences: false)
        .enumerated().filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
  }

  static func entries() throws -> [Entry] {
    var entries: [Entry] = []
    var title = ""
    for line in try read("systemd/ndissim.catalog").split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init) {
      if line.hasPrefix("#") {
        title = String(line.dropFirst(2))
        continue
      }
      if line.hasPrefix("-- ") {
        entries.append(Entry(title: title, messageID: String(line.dropFirst(3))))
        continue
      }
      guard !entries.isEmpty else { continue }
      let last = entries.count - 1
      let isHeader = !entries[last].lines.contains("") && !line.isEmpty
      if isHeader, let colon = line.firstIndex(of: ":") {
        entries[last].headers[String(line[..<colon])] = String(
          line[line.index(after: colon)...].drop { $0 == " " })
      }
      entries[last].lines.append(line)
    }
    return entries
  }
}

/// A file of the repository.
private func read(_ path: String) throws -> String {
  let root = "\(#filePath)".split(separator: "/").dropLast(3).joined(separator: "/")
  let descriptor = unsafe open("/\(root)/\(path)", O_RDONLY | O_CLOEXEC)
  try #require(descriptor >= 0, "\(path) cannot be opened")
  defer { _ = close(descriptor) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
    }
    guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}
