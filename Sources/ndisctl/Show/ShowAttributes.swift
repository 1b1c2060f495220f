// The part of an adapter's page about what its miniport has said in MiniportInitializeEx: the general attributes, and
// the capabilities of the hardware beside the current ones.

import NDISDrawing
import NDISManagementInterface

extension ShowPage {
  /// The general attributes and the capabilities of an adapter; nothing where none were set.
  func attributes(on capabilities: TerminalCapabilities) -> [String] {
    var lines: [String] = []
    if let general = object.generalAttributes {
      lines += ["", capabilities.paint("GENERAL ATTRIBUTES", .strong)]
      lines += ShowPage.members(general).lines(on: capabilities)
    }
    let sets = object.capabilities ?? []
    let rows = ShowPage.rows(sets)
    guard !rows.isEmpty else { return lines }
    let columns = [Column("CAPABILITY")] + sets.map { Column($0.kind.uppercased(), .right) }
    let table = Table(columns, fitting: rows, on: capabilities)
    return lines + ["", table.header] + rows.map { table.line($0) }
  }

  private static func members(_ general: SimulatorInterface.GeneralAttributes) -> KeyValues {
    var page = KeyValues()
    page.add("MAC address", general.currentMacAddress)
    page.add(
      "Permanent address",
      general.permanentMacAddress == general.currentMacAddress ? nil : general.permanentMacAddress)
    page.add("MTU", HumanFormat.count(general.mtuSize))
    page.add("Lookahead", HumanFormat.count(general.lookaheadSize))
    page.add("Medium", "\(general.mediaType), physical \(general.physicalMediumType)")
    page.add(
      "Link",
      "\(general.mediaConnectState), \(speed(general.xmitLinkSpeed)) out, \(speed(general.rcvLinkSpeed)) in, duplex: \(general.mediaDuplexState)"
    )
    page.add(
      "Maximum speed",
      "\(speed(general.maxXmitLinkSpeed)) out, \(speed(general.maxRcvLinkSpeed)) in")
    page.add("MAC options", general.macOptions)
    page.add("Packet filters", general.supportedPacketFilters)
    page.add("Multicast list", "\(HumanFormat.count(general.maxMulticastListSize)) addresses")
    page.add("Supported OIDs", HumanFormat.counted(general.supportedOids.count, "OID"))
    return page
  }

  private static func speed(_ bits: Int) -> String {
    switch bits {
    case 1_000_000_000...: "\(HumanFormat.count(bits / 1_000_000_000)) Gb/s"
    case 1_000_000...: "\(bits / 1_000_000) Mb/s"
    default: "\(bits) b/s"
    }
  }

  /// One row for each capability that one of the sets has.
  private static func rows(_ sets: [SimulatorInterface.Capabilities]) -> [[Cell]] {
    let all: [(String, (SimulatorInterface.Capabilities) -> String?)] = [
      ("EnabledFilterTypes", { $0.enabledFilterTypes }),
      ("EnabledQueueTypes", { $0.enabledQueueTypes }),
      ("NumQueues", { $0.numQueues.map { "\($0)" } }),
      ("SupportedQueueProperties", { $0.supportedQueueProperties }),
      ("SupportedFilterTests", { $0.supportedFilterTests }),
      ("SupportedHeaders", { $0.supportedHeaders }),
      ("SupportedMacHeaderFields", { $0.supportedMacHeaderFields }),
      ("MaxMacHeaderFilters", { $0.maxMacHeaderFilters.map { "\($0)" } }),
      ("NicSwitchCapabilities", { $0.nicSwitchCapabilities }),
      ("MaxNumSwitches", { $0.maxNumSwitches.map { "\($0)" } }),
      ("MaxNumVPorts", { $0.maxNumVPorts.map { "\($0)" } }),
      ("MaxNumVFs", { $0.maxNumVFs.map { "\($0)" } }),
      ("MaxNumQueuePairs", { $0.maxNumQueuePairs.map { "\($0)" } }),
      ("MaxNumMacAddresses", { $0.maxNumMacAddresses.map { "\($0)" } }),
    ]
    return all.compactMap { name, value in
      let values = sets.map(value)
      guard values.contains(where: { $0 != nil }) else { return nil }
      return [Cell(name)] + values.map { Cell($0 ?? "-") }
    }
  }
}
