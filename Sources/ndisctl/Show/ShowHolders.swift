// The part of `ndisctl show` that says who holds indicated lists: of an adapter, a queue or a VPort; and of a binding
// what it holds.

import NDISDrawing
import NDISManagementInterface

extension ShowPage {
  func holders(on capabilities: TerminalCapabilities) -> [String] {
    guard let holders = object.holders, !holders.isEmpty else { return [] }
    let columns = [
      Column("DRIVER", minimum: 8), Column("BINDING"), Column("LISTS", .right),
      Column("BYTES", .right, rank: 1), Column("OLDEST", .right),
    ]
    let rows = holders.map { holder in
      [
        Cell(holder.driverName, .name), Cell(holder.binding), Cell("\(holder.lists)"),
        Cell(HumanFormat.bytes(holder.bytes)), Cell(HumanFormat.milliseconds(holder.oldestMs)),
      ]
    }
    let table = Table(columns, fitting: rows, on: capabilities)
    return ["", capabilities.paint("WHO HOLDS INDICATED LISTS", .strong), table.header]
      + rows.map { table.line($0) }
  }
}
