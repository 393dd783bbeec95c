// The ChaCha20 block function (RFC 8439, section 2.3): pure.
// Callers: hw/random.
// Locks, context: none; values only.
#pragma once

#include <array>

#include "base/types.h"

namespace hw {

using ChaChaKey = std::array<u32, 8>;
using ChaChaNonce = std::array<u32, 3>;
using ChaChaBlock = std::array<u32, 16>;

ChaChaBlock chacha20_block(const ChaChaKey& key, u32 counter, const ChaChaNonce& nonce);

}  // namespace hw
