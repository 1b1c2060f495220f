// What the type of a message implies: how many descriptors come with it, and which body its reply or its upcall
// has. One table for everybody who receives or sends messages.

package import NDISDriverInterface
import CNDIS
import NDIS

extension MessageHeader {
  /// Bytes of a message at most, its header among them.
  package static let maximumMessage = Int(NDISSIM_MAXIMUM_MESSAGE)

  package var isHello: Bool { Int(type) == NDISSIM_HELLO }

  /// RESUME: the client's reply to RESUMED.
  package var isResume: Bool { Int(type) == NDISSIM_RESUME && isNotification }

  /// How many descriptors come with a request of this type.
  package var requestDescriptors: Int { Int(type) == NDISSIM_OFFER_SECTION ? 1 : 0 }
}

extension RequestResult {
  /// What the reply to a request consists of.
  package enum ReplyBody {
    /// The failure.
    case failure
    /// Nothing, a handle, or a handle and a number.
    case values
    /// The block that was allocated.
    case allocation
    case statistics
  }

  package var replyBody: ReplyBody {
    switch Int(type) {
    // What NdisOidRequest does not refuse is pending.
    case NDISSIM_OID_REQUEST where failure.status == .pending: .values
    case _ where failure.status != .success: .failure
    case NDISSIM_ALLOCATE_SHARED_MEMORY: .allocation
    case NDISSIM_STATISTICS: .statistics
    default: .values
    }
  }
}

extension UpcallDetails {
  /// What an upcall consists of beside what every upcall has.
  package enum Body {
    /// An adapter's life, bindings, options, shared memory: nothing else.
    case details
    /// An OID request.
    case oid
    /// An indicated status.
    case status
    /// Received lists, piece by piece.
    case receivedLists
    /// The numbers of returned lists.
    case returnedLists
  }

  package var body: Body {
    switch Int(type) {
    case NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS: .receivedLists
    case NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS: .returnedLists
    case NDISSIM_UPCALL_OID_REQUEST, NDISSIM_UPCALL_CANCEL_OID_REQUEST,
      NDISSIM_UPCALL_OID_REQUEST_COMPLETE:
      .oid
    case NDISSIM_UPCALL_STATUS_EX: .status
    default: .details
    }
  }
}
