// The ABI of ndissim, once. `ndis_abi.h`, `ndis_oid.h` and `ndis_attributes.h` hold the x64 images of NDIS
// structures and the constants of NDIS; `ndissim_protocol.h` holds the messages of the driver plane. Swift imports this
// header, C programs include it as it stands, users of other languages read it beside docs/protocol.md.
#pragma once
#include "ndis_abi.h"
#include "ndis_oid.h"
#include "ndis_attributes.h"
#include "ndissim_protocol.h"
