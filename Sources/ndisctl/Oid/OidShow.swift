// How the completion of an OID request is printed: its status, and the returned structure with the
// documented names of its fields, or a hexdump of other bytes.

import NDISDrawing
import NDIS
import NDISDriverKit
import NDISVarlink

/// A completed request.
struct OidAnswer {
  var name: OidName
  var kind: OIDRequestKind
  var completion: OIDCompletion
  /// The returned structure, if it is one.
  var structure: StructureText?

  init(_ name: OidName, _ request: OIDRequest, _ form: OID.Form?, _ completion: OIDCompletion) {
    self.name = name
    kind = OIDRequestKind(rawValue: request.kind) ?? .query
    self.completion = completion
    if let output = form?.output {
      structure = StructureText(output, completion.answer.information[...])
    }
  }

  var succeeded: Bool { completion.status == .success }

  func lines(on capabilities: TerminalCapabilities) -> [String] {
    let status = capabilities.paint("\(completion.status)", succeeded ? .good : .bad)
    var lines = ["\(capabilities.paint(name.name, .strong))  \(kind)  \(status)"]
    if let error = completion.error, !error.sentence.isEmpty {
      lines.append(
        TerminalText.printable("\(error.rule): \(error.sentence)", unicode: capabilities.unicode))
    }
    if completion.answer.bytesNeeded > 0 {
      lines.append("\(completion.answer.bytesNeeded) bytes needed")
    }
    if let structure {
      lines += OidAnswer.lines(structure, on: capabilities, indent: "")
    } else {
      let bytes = completion.answer.information
      if !bytes.isEmpty { lines += Hexdump.lines(count: bytes.count) { bytes[$0] } }
    }
    return lines
  }

  private static func lines(
    _ structure: StructureText, on capabilities: TerminalCapabilities, indent: String
  ) -> [String] {
    var page = KeyValues()
    for member in structure.members {
      let text =
        switch member.value {
        case .number(let number): "\(number)"
        case .text(let text): text.isEmpty ? "\"\"" : text
        case .flags(let names): names.isEmpty ? "0" : names.joined(separator: " | ")
        }
      page.add(member.name, text)
    }
    var lines = ["\(indent)\(structure.name), revision \(structure.revision)"]
    lines += page.lines(on: capabilities).map { indent + "  " + $0 }
    for element in structure.elements {
      lines += OidAnswer.lines(element, on: capabilities, indent: indent + "  ")
    }
    return lines
  }

  var json: JSON {
    var document = JSONObject()
    document["oid"] = .string(name.name)
    document["number"] = .string(hex(UInt64(name.number), digits: 8))
    document["kind"] = .string("\(kind)")
    document["status"] = .string("\(completion.status)")
    if let error = completion.error {
      if !error.rule.isEmpty { document["rule"] = .string(error.rule) }
      if !error.sentence.isEmpty { document["message"] = .string(error.sentence) }
      if let bugCheck = error.bugCheck { document["bugCheck"] = .string("\(bugCheck)") }
    }
    let answer = completion.answer
    document["bytesRead"] = .int(Int64(answer.bytesRead))
    document["bytesWritten"] = .int(Int64(answer.bytesWritten))
    document["bytesNeeded"] = .int(Int64(answer.bytesNeeded))
    if let structure {
      document["structure"] = OidAnswer.json(structure)
    } else {
      document["information"] = .string(
        answer.information.map { byte in
          let text = String(byte, radix: 16, uppercase: true)
          return text.count < 2 ? "0" + text : text
        }.joined())
    }
    return .object(document)
  }

  private static func json(_ structure: StructureText) -> JSON {
    var members = JSONObject()
    for member in structure.members {
      members[member.name] =
        switch member.value {
        case .number(let number): .int(Int64(clamping: number))
        case .text(let text): .string(text)
        case .flags(let names): .array(names.map { .string($0) })
        }
    }
    var document: JSONObject = [
      "name": .string(structure.name), "revision": .int(Int64(structure.revision)),
      "fields": .object(members),
    ]
    if !structure.elements.isEmpty {
      document["elements"] = .array(structure.elements.map { json($0) })
    }
    return .object(document)
  }
}
