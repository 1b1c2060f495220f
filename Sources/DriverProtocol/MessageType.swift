// Properties of message types: the number of descriptors, and the kind of body of the reply or the upcall.
// One table for senders and receivers.

package import NDISDriverInterface
import CNDIS
import NDIS

extension MessageHeader {
  /// Maximum length of a message including its header.
  package static let maximumMessage = Int(NDISSIM_MAXIMUM_MESSAGE)

  package var isHello: Bool { Int(type) == NDISSIM_HELLO }

  /// RESUME: the client's reply to RESUMED.
  package var isResume: Bool { Int(type) == NDISSIM_RESUME && isNotification }

  /// Number of descriptors sent with a request of this type.
  package var requestDescriptors: Int { Int(type) == NDISSIM_OFFER_SECTION ? 1 : 0 }
}

extension RequestResult {
  /// The body of the reply to a request.
  package enum ReplyBody {
    /// The failure.
    case failure
    /// Nothing, a handle, or a handle and a number.
    case values
    /// The allocated block.
    case allocation
    case statistics
    /// NDIS_BIND_PARAMETERS and capabilities.
    case bindParameters
  }

  package var replyBody: ReplyBody {
    switch Int(type) {
    // NdisOidRequest and NdisMAllocateSharedMemoryAsyncEx return PENDING if they accept the request.
    case NDISSIM_OID_REQUEST where failure.status == .pending: .values
    case NDISSIM_M_ALLOCATE_SHARED_MEMORY_ASYNC_EX where failure.status == .pending: .values
    case _ where failure.status != .success: .failure
    case NDISSIM_ALLOCATE_SHARED_MEMORY, NDISSIM_M_ALLOCATE_SHARED_MEMORY: .allocation
    case NDISSIM_STATISTICS: .statistics
    case NDISSIM_GET_BIND_PARAMETERS: .bindParameters
    default: .values
    }
  }
}

extension UpcallDetails {
  /// The body of an upcall besides the common part.
  package enum Body {
    /// Adapter lifecycle, bindings, options, shared memory: nothing else.
    case details
    /// An OID request.
    case oid
    /// A status indication.
    case status
    /// Received lists as a sequence of pieces.
    case receivedLists
    /// The contexts of returned lists.
    case returnedLists
    /// An allocated block, or none.
    case completedAllocation
  }

  package var body: Body {
    switch Int(type) {
    case NDISSIM_UPCALL_RECEIVE_NET_BUFFER_LISTS: .receivedLists
    case NDISSIM_UPCALL_RETURN_NET_BUFFER_LISTS: .returnedLists
    case NDISSIM_UPCALL_OID_REQUEST, NDISSIM_UPCALL_CANCEL_OID_REQUEST,
      NDISSIM_UPCALL_OID_REQUEST_COMPLETE:
      .oid
    case NDISSIM_UPCALL_STATUS_EX: .status
    case NDISSIM_UPCALL_SHARED_MEMORY_ALLOCATE_COMPLETE: .completedAllocation
    default: .details
    }
  }
}
