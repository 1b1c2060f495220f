// Queries about an adapter in general that NDIS answers for the miniport, from the general attributes it set; and
// whether an OID is one the miniport says it supports.

import NDIS
import NDISStore

extension Simulator {
  /// Whether NDIS answers a request that has no row in `OID.table`.
  func isGeneral(oid: UInt32, kind: UInt8, _ adapter: Index<AdapterRecord>) -> Bool {
    guard UInt32(kind) == OIDRequestKind.query.rawValue else { return false }
    if oid == OIDNumber.driverVersion { return true }
    return GeneralOID.of(number: oid) != nil && store.attributes[adapter, \.set] == 1
  }

  /// The answer to a query about an adapter in general; nil for another OID and without attributes.
  func generalInformation(_ oid: UInt32, _ adapter: Index<AdapterRecord>) -> [UInt8]? {
    guard let row = GeneralOID.of(number: oid), let attributes = generalAttributes(adapter: adapter)
    else { return nil }
    return row.information(attributes, supported: supportedOIDs(adapter: adapter))
  }

  /// OID_GEN_DRIVER_VERSION: "the high byte is the major version number; the low byte is the minor version
  /// number" of the miniport's NDIS version, 2 bytes.
  func driverVersion(_ adapter: Index<AdapterRecord>) -> [UInt8] {
    let version = miniportVersion(adapter: adapter)
    return [version.minor, version.major]
  }

  /// Fails, with the switch, for an OID that is neither in the miniport's list of supported ones nor a vendor's
  /// own.
  func checkListed(oid: UInt32, _ adapter: Index<AdapterRecord>) throws(Failure) {
    guard settings.strictOIDList, !GeneralOID.isPrivate(oid), store.attributes[adapter, \.set] == 1,
      !supportedOIDs(adapter: adapter).contains(oid)
    else { return }
    throw Failure(.notSupported, .oidNotListed, UInt64(oid))
  }
}
