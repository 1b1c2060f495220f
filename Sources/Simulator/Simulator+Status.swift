// Status indications: NdisMIndicateStatusEx, told to every binding of the adapter or to the one it names.

import CNDIS
import Events
import NDIS

extension Simulator {
  /// NdisMIndicateStatusEx. Allowed from the setting of the registration attributes until MiniportHaltEx
  /// has returned.
  mutating func indicateStatus(
    _ call: Call, _ handle: Handle, _ status: IndicatedStatus, _ actions: inout Actions
  ) throws(Failure) {
    throw Failure(.notSupported, .statusBuffer)
  }

  /// ProtocolStatusEx has returned.
  mutating func statusReturned(
    _ upcall: UpcallRecord, _ ending: Ending, _ actions: inout Actions
  ) {}
}
