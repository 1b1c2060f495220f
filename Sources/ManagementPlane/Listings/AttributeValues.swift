// An adapter's general attributes and capabilities as values of the management plane.

import NDIS
import NDISManagementInterface
import NDISSimulator

extension Interface.GeneralAttributes {
  init(_ attributes: GeneralAttributes, supported: [UInt32]) {
    self.init(
      mediaType: Int(attributes.mediaType),
      physicalMediumType: Int(attributes.physicalMediumType), mtuSize: Int(attributes.mtuSize),
      maxXmitLinkSpeed: Int(clamping: attributes.maxXmitLinkSpeed),
      xmitLinkSpeed: Int(clamping: attributes.link.xmitSpeed),
      maxRcvLinkSpeed: Int(clamping: attributes.maxRcvLinkSpeed),
      rcvLinkSpeed: Int(clamping: attributes.link.rcvSpeed),
      mediaConnectState: attributes.link.connectStateName,
      mediaDuplexState: attributes.link.duplexStateName,
      lookaheadSize: Int(attributes.lookaheadSize), macOptions: hex(attributes.macOptions),
      supportedPacketFilters: hex(attributes.supportedPacketFilters),
      maxMulticastListSize: Int(attributes.maxMulticastListSize),
      permanentMacAddress: Self.text(attributes.permanentAddress),
      currentMacAddress: Self.text(attributes.currentAddress),
      ifType: Int(attributes.interfaceType), connectorPresent: attributes.isConnectorPresent,
      supportedOids: supported.map { hex($0, digits: 8) })
  }

  /// An address as 02:00:00:00:00:01.
  static func text(_ address: [UInt8]) -> String {
    address.map { byte in
      let text = String(byte, radix: 16)
      return byte < 16 ? "0" + text : text
    }.joined(separator: ":")
  }
}

extension Interface.Capabilities {
  /// Nil when nothing is set.
  init?(_ kind: String, _ set: CapabilitySet) {
    guard set.receiveFilter != nil || set.nicSwitch != nil else { return nil }
    self.init(kind: kind)
    if let filter = set.receiveFilter {
      enabledFilterTypes = hex(filter.enabledFilterTypes)
      enabledQueueTypes = hex(filter.enabledQueueTypes)
      numQueues = Int(filter.numQueues)
      supportedQueueProperties = hex(filter.supportedQueueProperties)
      supportedFilterTests = hex(filter.supportedFilterTests)
      supportedHeaders = hex(filter.supportedHeaders)
      supportedMacHeaderFields = hex(filter.supportedMACHeaderFields)
      maxMacHeaderFilters = Int(filter.maxMACHeaderFilters)
    }
    if let nicSwitch = set.nicSwitch {
      nicSwitchCapabilities = hex(nicSwitch.capabilities)
      maxNumSwitches = Int(nicSwitch.maxNumSwitches)
      maxNumVPorts = Int(nicSwitch.maxNumVPorts)
      maxNumVFs = Int(nicSwitch.maxNumVFs)
      maxNumQueuePairs = Int(nicSwitch.maxNumQueuePairs)
      maxNumMacAddresses = Int(nicSwitch.maxNumMACAddresses)
    }
  }
}

extension Interface.Object {
  /// Adds what an adapter's miniport has said about it.
  mutating func add(_ attributes: AttributesSnapshot) {
    generalAttributes = attributes.general.map {
      Interface.GeneralAttributes($0, supported: attributes.supportedOIDs)
    }
    let sets = [
      Interface.Capabilities("hardware", attributes.hardware),
      Interface.Capabilities("current", attributes.current),
    ].compactMap { $0 }
    capabilities = sets.isEmpty ? nil : sets
  }
}
