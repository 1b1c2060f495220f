// The static assertions of the headers are checked when this file is compiled; it holds no code.
#include "CNDIS.h"
