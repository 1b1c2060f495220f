// Intrusive doubly linked lists: a reference to the first member in the owner, and to its neighbours in each
// member. A list is described once, by the key paths of these stored fields; `Recovery/Tables.swift` has all
// of them. The offsets of the fields are stored, because using key paths costs as much as the rest of an
// allocation.
//
// New members are inserted at the front (`insert`), or appended to a list that has a tail (`append`).

/// One list per record of `Owners`, of records of `Members`.
@usableFromInline package struct LinkedList<Owners: StoreRecord, Members: StoreRecord>
where Owners.Key == Owners, Members.Key == Members {
  @usableFromInline let owners: Table<Owners>
  @usableFromInline let members: Table<Members>
  /// Offset in the owner.
  @usableFromInline let head: Int
  @usableFromInline let tail: Int
  @usableFromInline let hasTail: Bool
  /// Offset in a member.
  @usableFromInline let previous: Int
  @usableFromInline let next: Int

  @inlinable package init(
    _ owners: Table<Owners>, _ head: PartialKeyPath<Owners>,
    tail: PartialKeyPath<Owners>? = nil, _ members: Table<Members>,
    _ previous: PartialKeyPath<Members>, _ next: PartialKeyPath<Members>
  ) {
    self.owners = owners
    self.members = members
    self.head = Owners.offset(of: head)
    self.tail = tail.map { Owners.offset(of: $0) } ?? 0
    hasTail = tail != nil
    self.previous = Members.offset(of: previous)
    self.next = Members.offset(of: next)
  }

  /// The first member; none for an empty list.
  @inlinable @inline(__always)
  package func first(of owner: Index<Owners>) -> Ref<Members> { owners.ref(owner, at: head) }

  /// Inserts a record as the first member; `fill` writes its other fields in the same change.
  @inlinable @inline(__always)
  package func insert(
    _ member: Index<Members>, in owner: Index<Owners>,
    _ fill: (inout Members) -> Void = { _ in }
  ) {
    let first: Ref<Members> = owners.ref(owner, at: head)
    members.update(member) {
      fill(&$0)
      Table.set(Ref<Members>.none, at: previous, of: &$0)
      Table.set(first, at: next, of: &$0)
    }
    if let first = first.optional { members.set(Ref(member), at: previous, of: first) }
    owners.set(Ref(member), at: head, of: owner)
    if hasTail, first.isNone { owners.set(Ref(member), at: tail, of: owner) }
  }

  /// Appends a record to a list that has a tail.
  @inlinable @inline(__always)
  package func append(
    _ member: Index<Members>, to owner: Index<Owners>,
    _ fill: (inout Members) -> Void = { _ in }
  ) {
    let last: Ref<Members> = owners.ref(owner, at: tail)
    members.update(member) {
      fill(&$0)
      Table.set(last, at: previous, of: &$0)
      Table.set(Ref<Members>.none, at: next, of: &$0)
    }
    if let last = last.optional { members.set(Ref(member), at: next, of: last) }
    if last.isNone { owners.set(Ref(member), at: head, of: owner) }
    owners.set(Ref(member), at: tail, of: owner)
  }

  /// Removes a member. Its own references stay unchanged.
  @inlinable @inline(__always)
  package func remove(_ member: Index<Members>, from owner: Index<Owners>) {
    let before: Ref<Members> = members.ref(member, at: previous)
    let after: Ref<Members> = members.ref(member, at: next)
    if let before = before.optional {
      members.set(after, at: next, of: before)
    } else {
      owners.set(after, at: head, of: owner)
    }
    if let after = after.optional {
      members.set(before, at: previous, of: after)
    } else if hasTail {
      owners.set(before, at: tail, of: owner)
    }
  }

  /// The members from the first on. The member returned last may be removed during iteration.
  @inlinable @inline(__always)
  package func of(_ owner: Index<Owners>) -> LinkedMembers<Members> {
    LinkedMembers(members: members, link: next, at: owners.ref(owner, at: head))
  }
}

/// The members of a list, in order.
@usableFromInline package struct LinkedMembers<Members: StoreRecord>: Sequence, IteratorProtocol
where Members.Key == Members {
  @usableFromInline package let members: Table<Members>
  @usableFromInline let link: Int
  @usableFromInline var at: Ref<Members>

  @inlinable @inline(__always)
  init(members: Table<Members>, link: Int, at: Ref<Members>) {
    self.members = members
    self.link = link
    self.at = at
  }

  @inlinable @inline(__always)
  package mutating func next() -> Index<Members>? {
    guard let index = at.optional else { return nil }
    at = members.ref(index, at: link)
    return index
  }
}

extension StoreRecord {
  /// The offset of a stored field. The list's description must pass stored fields only.
  @inlinable static func offset(of field: PartialKeyPath<Self>) -> Int {
    guard let offset = MemoryLayout<Self>.offset(of: field) else {
      preconditionFailure("a list needs stored fields")
    }
    return offset
  }
}
