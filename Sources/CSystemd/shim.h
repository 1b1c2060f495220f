// libsystemd as Swift sees it. Only its non-variadic calls can be imported.
#pragma once
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
