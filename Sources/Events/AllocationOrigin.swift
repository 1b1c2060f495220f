// Where an allocation was requested: what its driver said about it. It goes with every event about an
// allocation or its block, so that an entry of the journal leads to a line of the driver's source.

public import NDIS

/// Tag and call site of an allocation.
public struct AllocationOrigin: Hashable, Sendable {
  /// The pool tag; 0 if none was given.
  public var tag: UInt32
  /// The call site, such as `rx.c:12`; empty if none was given.
  public var site: Site

  public init(tag: UInt32 = 0, site: Site = Site()) {
    self.tag = tag
    self.site = site
  }

  /// Whether nothing was given, or no allocation is concerned.
  public var isEmpty: Bool { tag == 0 && site.isEmpty }
}
