// The table of OIDs against the documents, typed again: numbers, kinds, who answers, what may end them.

import CNDIS
import NDIS
import Testing

@Suite struct OIDTests {
  /// Number, name, least minor version, and for each kind: q query, s set, t statistics, m method; then
  /// who answers: n NDIS, m miniport, b both; an exclamation mark where it must succeed.
  static let rows: [(UInt32, String, UInt8, [String])] = [
    (0x10221, "OID_RECEIVE_FILTER_HARDWARE_CAPABILITIES", 20, ["qn"]),
    (0x10222, "OID_RECEIVE_FILTER_GLOBAL_PARAMETERS", 20, ["qn"]),
    (0x10223, "OID_RECEIVE_FILTER_ALLOCATE_QUEUE", 20, ["mb"]),
    (0x10224, "OID_RECEIVE_FILTER_FREE_QUEUE", 20, ["sm!"]),
    (0x10225, "OID_RECEIVE_FILTER_ENUM_QUEUES", 20, ["qn", "tn"]),
    (0x10226, "OID_RECEIVE_FILTER_QUEUE_PARAMETERS", 20, ["mn", "sm"]),
    (0x10227, "OID_RECEIVE_FILTER_SET_FILTER", 20, ["mb"]),
    (0x10228, "OID_RECEIVE_FILTER_CLEAR_FILTER", 20, ["sm!"]),
    (0x10229, "OID_RECEIVE_FILTER_ENUM_FILTERS", 20, ["mn"]),
    (0x1022A, "OID_RECEIVE_FILTER_PARAMETERS", 20, ["mn"]),
    (0x1022B, "OID_RECEIVE_FILTER_QUEUE_ALLOCATION_COMPLETE", 20, ["mm"]),
    (0x1022D, "OID_RECEIVE_FILTER_CURRENT_CAPABILITIES", 20, ["qn"]),
    (0x1022E, "OID_NIC_SWITCH_HARDWARE_CAPABILITIES", 30, ["qn"]),
    (0x1022F, "OID_NIC_SWITCH_CURRENT_CAPABILITIES", 30, ["qn"]),
    (0x10230, "OID_RECEIVE_FILTER_MOVE_FILTER", 30, ["sm"]),
    (0x10237, "OID_NIC_SWITCH_CREATE_SWITCH", 30, ["mm"]),
    (0x10238, "OID_NIC_SWITCH_PARAMETERS", 30, ["mn", "sm"]),
    (0x10239, "OID_NIC_SWITCH_DELETE_SWITCH", 30, ["sm!"]),
    (0x10240, "OID_NIC_SWITCH_ENUM_SWITCHES", 30, ["qn"]),
    (0x10241, "OID_NIC_SWITCH_CREATE_VPORT", 30, ["mb"]),
    (0x10242, "OID_NIC_SWITCH_VPORT_PARAMETERS", 30, ["mn", "sm"]),
    (0x10243, "OID_NIC_SWITCH_ENUM_VPORTS", 30, ["mn"]),
    (0x10244, "OID_NIC_SWITCH_DELETE_VPORT", 30, ["sm"]),
    (0x10245, "OID_NIC_SWITCH_ALLOCATE_VF", 30, ["mm"]),
    (0x10246, "OID_NIC_SWITCH_FREE_VF", 30, ["sm!"]),
    (0xFD01_0101, "OID_PNP_SET_POWER", 0, ["sm"]),
    (0xFD01_0102, "OID_PNP_QUERY_POWER", 0, ["qm!"]),
    (0xFF01_0001, "OID_NDISSIM_GENERATE", 20, ["sm"]),
  ]

  private func text(_ form: OID.Form) -> String {
    let kind = [.query: "q", .set: "s", .queryStatistics: "t", .method: "m"][form.kind] ?? "?"
    let answerer = [.ndis: "n", .miniport: "m", .both: "b"][form.answeredBy] ?? "?"
    return kind + answerer + (form.mustSucceed ? "!" : "")
  }

  @Test("every OID has its number, version, kinds, and who answers")
  func rows() throws {
    #expect(OID.table.count == Self.rows.count)
    for (number, name, minor, forms) in Self.rows {
      let oid = try #require(OID.of(number: number))
      #expect("\(oid)" == name)
      #expect(oid.since == NDISVersion(6, minor))
      #expect(oid.forms.map(text) == forms, "\(name)")
    }
    #expect(OID.of(number: 0x1022C) == nil)
    #expect(OID.of(number: 0) == nil)
    #expect(OID_RECEIVE_FILTER_FREE_QUEUE == 0x10224 && OID_NIC_SWITCH_CREATE_VPORT == 0x10241)
  }

  @Test("request types have the headers' numbers")
  func kinds() {
    #expect(OIDRequestKind.allCases.map(\.rawValue) == [0, 1, 2, 12])
    #expect(
      OIDRequestKind.allCases.map(\.description) == [
        "NdisRequestQueryInformation", "NdisRequestSetInformation", "NdisRequestQueryStatistics",
        "NdisRequestMethod",
      ])
    #expect(OIDRequestKind(rawValue: 3) == nil)
  }

  private func form(_ number: UInt32, _ kind: OIDRequestKind) throws -> OID.Form {
    try OID.form(number: number, kind: kind, miniport: .running)
  }

  @Test("what frees a queue or a filter ends with SUCCESS, NOT_ACCEPTED or REQUEST_ABORTED")
  func freeing() throws {
    for number: UInt32 in [0x10224, 0x10228, 0x10239, 0x10246] {
      let form = try form(number, .set)
      let ends = Status.named.map(\.status).filter { form.mayEnd(with: $0) }
      #expect(Set(ends) == [.success, .notAccepted, .requestAborted])
    }
    #expect(
      try form(0x10224, .set).byNDIS == [.success, .pending, .invalidParameter, .invalidLength])
    #expect(try form(0x10228, .set).byNDIS == [.success, .pending, .fileNotFound, .invalidLength])
  }

  @Test("NdisMOidRequestComplete: any status but PENDING ends what no rule names")
  func failing() throws {
    for (number, kind) in [
      (0x10223, .method), (0x10227, .method), (0x1022B, .method), (0x10226, .set),
      (0x10230, .set), (0x10241, .method), (0x10242, .set), (0x10244, .set), (0x10237, .method),
      (0x10245, .method),
    ] as [(UInt32, OIDRequestKind)] {
      let form = try form(number, kind)
      let refused = Status.named.map(\.status).filter { !form.mayEnd(with: $0) }
      #expect(refused == [.pending])
      #expect(form.mayEnd(with: Status(rawValue: 0xC0DE_0001)))
    }
    #expect(try form(0xFD01_0101, .set).mayEnd(with: .notAccepted))
    #expect(try !form(0xFD01_0101, .set).mayEnd(with: .failure))
    #expect(try !form(0xFD01_0102, .query).mayEnd(with: .notAccepted))
    #expect(try form(0xFD01_0102, .query).mayEnd(with: .success))
  }

  @Test("what NDIS answers from its cache never reaches a miniport")
  func cached() {
    for oid in OID.table {
      for form in oid.forms {
        #expect((form.byMiniport == nil) == (form.answeredBy == .ndis), "\(oid)")
        #expect(form.kind == .set ? form.output == nil : true)
        if let output = form.output, form.kind == .method { #expect(form.input == output) }
      }
    }
  }

  @Test("an unknown OID, a wrong kind and a miniport that is too old are told apart")
  func refusals() {
    func refusal(_ number: UInt32, _ kind: OIDRequestKind, _ minor: UInt8) -> Failure? {
      do throws(Failure) {
        _ = try OID.form(number: number, kind: kind, miniport: NDISVersion(6, minor))
        return nil
      } catch { return error }
    }
    #expect(refusal(0x10101, .query, 30) == Failure(.notSupported, .oidUnknown, 0x10101))
    #expect(refusal(0x10224, .query, 30) == Failure(.invalidParameter, .oidKind, 0x10224, 0))
    #expect(refusal(0x10224, .set, 1) == Failure(.notSupported, .oidVersion, 0x10224, 20))
    #expect(refusal(0x10241, .method, 20) == Failure(.notSupported, .oidVersion, 0x10241, 30))
    #expect(refusal(0x10224, .set, 20) == nil)
  }
}
