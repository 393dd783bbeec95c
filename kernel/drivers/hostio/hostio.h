// The host's standard streams of `linnet run`: /dev/hostio/{stdin,stdout,stderr,exit} over two serial lines.
// Callers: main/ at start-up.
// Locks, context: thread context; Rank::kTtyBuffer inside for what arrives.
#pragma once

#include "base/result.h"

namespace drivers::hostio {

// Registers the devices if ttyS2 and ttyS3 are there; otherwise nothing, which is no error.
Result<void> init();

}  // namespace drivers::hostio
